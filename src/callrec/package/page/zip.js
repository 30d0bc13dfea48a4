/* A plain zip of stored files, each dated 1 January 1980 (APPNOTE.TXT, 4.3). */

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Fields of a header, least significant byte first: each [value, its size in bytes]. */
function header(...fields) {
  const bytes = new Uint8Array(fields.reduce((sum, [, size]) => sum + size, 0));
  let at = 0;
  for (const [value, size] of fields) {
    for (let byte = 0; byte < size; byte += 1, at += 1) bytes[at] = (value >>> (8 * byte)) & 0xff;
  }
  return bytes;
}

/** A zip of all files, in their order; their names are ASCII. */
function zipOf(files) {
  const FIRST_DAY = (1 << 5) | 1;
  const UNIX = 3 << 8;
  const OWNER_ONLY = 0o100600 << 16;
  const entries = [];
  const directory = [];
  let offset = 0;
  for (const [path, bytes] of files) {
    const name = new TextEncoder().encode(path);
    const both = [
      [10, 2], [0, 2], [0, 2], [0, 2], [FIRST_DAY, 2],
      [crc32(bytes), 4], [bytes.length, 4], [bytes.length, 4], [name.length, 2], [0, 2],
    ];
    const local = header([0x04034b50, 4], ...both);
    directory.push(
      header([0x02014b50, 4], [UNIX | 10, 2], ...both, [0, 2], [0, 2], [0, 2], [OWNER_ONLY, 4], [offset, 4]),
      name,
    );
    entries.push(local, name, bytes);
    offset += local.length + name.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = header(
    [0x06054b50, 4], [0, 2], [0, 2], [files.size, 2], [files.size, 2], [size, 4], [offset, 4], [0, 2],
  );
  return new Blob([...entries, ...directory, end], { type: "application/zip" });
}
