/* Stands between a program and libc, and counts what it does to files below given folders.

   Python and SQLite both pass through here, and so do children that are forked. Each operation gets
   the next number and a record of what it was: enough to tell what a power cut after it would have
   left (power.py). The one of a chosen number fails, is cut short, or is the last thing done.

   Not seen: stat and its like, close, locks, memory that is mapped, and programs that are started
   with another environment (the confined decoder, which reaches no file). */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind {
  OPEN = 1, OPEN_TO_WRITE, CREATE, LIST, READ, WRITE, SYNC, SYNC_ALL, RENAME, LINK, UNLINK, MKDIR,
  RMDIR, TRUNCATE, CHMOD
};
enum fault { NONE, ONCE, FROM_THEN_ON, SHORT, KILL, POWER_CUT };
enum { CREATED = 1, EMPTIED = 2, FAILED = 4, LAST = 8, EXCHANGED = 16 };

/* As shim.py writes it. */
struct control {
  uint32_t armed, fault, error, kinds; /* kinds: a bit for each that FROM_THEN_ON lets fail */
  uint64_t at, count, struck, log_used, log_size;
  int64_t disk; /* the folder in which FROM_THEN_ON struck; -1: it has not */
  char folders[4096]; /* absolute, each with a zero at its end, an empty one last */
};

/* As shim.py reads it; then the two paths and what was written. */
struct record {
  uint32_t size, number, kind, flags, mode, length1, length2, error;
  uint64_t inode, offset, length;
};

static struct control *control;
static char *records;

#define REAL(name) \
  static __typeof__(&name) real_##name; \
  if (!real_##name) real_##name = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULTS_CONTROL");
  if (!path) return;
  REAL(open64);
  int file = real_open64(path, O_RDWR | O_CLOEXEC);
  struct stat64 found;
  if (file < 0 || fstat64(file, &found)) abort();
  char *map = mmap(NULL, found.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (map == MAP_FAILED) abort();
  close(file);
  records = map + sizeof(struct control);
  control = (struct control *)map;
}

/* ---- which folder, which file */

static int folder_of(const char *path) {
  int number = 0;
  for (const char *each = control->folders; *each; each += strlen(each) + 1, number++) {
    size_t length = strlen(each);
    if (!strncmp(path, each, length) && (path[length] == '/' || !path[length])) return number;
  }
  return -1;
}

struct what {
  uint32_t kind, number, flags, mode;
  int folder;
  char path[PATH_MAX], path2[PATH_MAX];
};

static int is_watched(void) { return control && control->armed; }

static int name_of_file(int file, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return *path == '/';
}

/* The folder's real path and the last name, which may be a link: that is what is worked on. */
static int name_of_path(int at, const char *given, char *path) {
  char whole[PATH_MAX * 2], *name;
  if (*given == '/') {
    snprintf(whole, sizeof whole, "%s", given);
  } else {
    char base[PATH_MAX];
    if (at == AT_FDCWD ? !getcwd(base, sizeof base) : !name_of_file(at, base)) return 0;
    snprintf(whole, sizeof whole, "%s/%s", base, given);
  }
  for (size_t end = strlen(whole); end > 1 && whole[end - 1] == '/'; end--) whole[end - 1] = 0;
  name = strrchr(whole, '/');
  if (!name) return 0;
  *name++ = 0;
  char real[PATH_MAX];
  if (!realpath(*whole ? whole : "/", real)) return 0;
  return snprintf(path, PATH_MAX, "%s/%s", real, name) < PATH_MAX;
}

static int about_file(struct what *what, uint32_t kind, int file) {
  what->kind = kind;
  what->flags = what->mode = 0;
  *what->path2 = 0;
  return is_watched() && name_of_file(file, what->path) &&
         (what->folder = folder_of(what->path)) >= 0;
}

static int about_path(struct what *what, uint32_t kind, int at, const char *path) {
  what->kind = kind;
  what->flags = what->mode = 0;
  *what->path2 = 0;
  return is_watched() && name_of_path(at, path, what->path) &&
         (what->folder = folder_of(what->path)) >= 0;
}

/* ---- records */

static void tell(
    const struct what *what, uint32_t flags, int error, uint64_t inode, uint64_t offset,
    uint64_t length, const void *data) {
  struct record told = {
      .number = what->number, .kind = what->kind, .flags = what->flags | flags,
      .mode = what->mode, .length1 = strlen(what->path), .length2 = strlen(what->path2),
      .error = error, .inode = inode, .offset = offset, .length = length};
  uint64_t data_length = data ? length : 0;
  told.size = (sizeof told + told.length1 + told.length2 + data_length + 7) & ~7ULL;
  uint64_t at = __atomic_fetch_add(&control->log_used, told.size, __ATOMIC_SEQ_CST);
  if (at + told.size > control->log_size) abort();
  char *to = records + at;
  memcpy(to + sizeof told, what->path, told.length1);
  memcpy(to + sizeof told + told.length1, what->path2, told.length2);
  if (data) memcpy(to + sizeof told + told.length1 + told.length2, data, data_length);
  memcpy(to, &told, sizeof told);
}

static void tell_done(const struct what *what) { tell(what, 0, 0, 0, 0, 0, NULL); }

static void tell_of_file(const struct what *what, int file, uint64_t offset, uint64_t length,
                         const void *data) {
  struct stat64 found;
  if (fstat64(file, &found)) abort();
  struct what with_mode = *what;
  with_mode.mode = found.st_mode;
  tell(&with_mode, 0, 0, found.st_ino, offset, length, data);
}

static void tell_of_path(const struct what *what, const char *path) {
  struct stat64 found;
  if (lstat64(path, &found)) abort();
  struct what with_mode = *what;
  with_mode.mode = found.st_mode;
  tell(&with_mode, 0, 0, found.st_ino, 0, 0, NULL);
}

/* ---- the fault */

enum turn { GO, FAIL, HALF };

static enum turn turn_of(struct what *what) {
  what->number = __atomic_add_fetch(&control->count, 1, __ATOMIC_SEQ_CST);
  int is_it = what->number == control->at, strikes = is_it;
  if (control->fault == FROM_THEN_ON && control->at && what->number >= control->at) {
    int falls = control->kinds >> what->kind & 1;
    if (falls && control->disk < 0) control->disk = what->folder;
    strikes = falls && control->disk == what->folder;
  }
  if (!strikes || control->fault == NONE) return GO;
  if (control->fault == SHORT && what->kind != WRITE) return GO;
  __atomic_add_fetch(&control->struck, 1, __ATOMIC_SEQ_CST);
  switch (control->fault) {
  case KILL:
    tell(what, LAST, 0, 0, 0, 0, NULL);
    kill(getpid(), SIGKILL);
    for (;;) pause();
  case POWER_CUT:
    tell(what, LAST, 0, 0, 0, 0, NULL);
    kill(0, SIGKILL);
    for (;;) pause();
  case SHORT:
    return HALF;
  default:
    tell(what, FAILED, control->error, 0, 0, 0, NULL);
    errno = control->error;
    return FAIL;
  }
}

static size_t half(size_t size) { return size > 1 ? size / 2 : size; }

/* ---- opening */

static int opened(const struct what *what, int file) {
  int before = errno;
  if (file < 0) {
    tell(what, FAILED, before, 0, 0, 0, NULL);
  } else {
    tell_of_file(what, file, 0, 0, NULL);
  }
  errno = before;
  return file;
}

static int about_opening(struct what *what, int at, const char *path, int flags) {
  int makes = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE || (flags & O_TRUNC);
  int writes = (flags & O_ACCMODE) != O_RDONLY;
  if (!about_path(what, makes ? CREATE : writes ? OPEN_TO_WRITE : OPEN, at, path)) return 0;
  struct stat64 found;
  if ((flags & O_TMPFILE) == O_TMPFILE) {
    what->flags = CREATED;
    strncat(what->path, "/", PATH_MAX - strlen(what->path) - 1);
  } else if (makes) {
    what->flags = fstatat64(at, path, &found, 0) ? CREATED : 0;
    if (!what->flags && (flags & O_TRUNC)) what->flags = EMPTIED;
    if (!what->flags) what->kind = writes ? OPEN_TO_WRITE : OPEN; /* it is there already */
  }
  return 1;
}

#define OPENING(at, path, flags, call) \
  struct what what; \
  if (!about_opening(&what, at, path, flags)) return call; \
  if (turn_of(&what) == FAIL) return -1; \
  return opened(&what, call)

#define MODE_OF(flags) \
  mode_t mode = 0; \
  if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  }

int open(const char *path, int flags, ...) {
  MODE_OF(flags)
  REAL(open);
  OPENING(AT_FDCWD, path, flags, real_open(path, flags, mode));
}

int open64(const char *path, int flags, ...) {
  MODE_OF(flags)
  REAL(open64);
  OPENING(AT_FDCWD, path, flags, real_open64(path, flags, mode));
}

int openat(int at, const char *path, int flags, ...) {
  MODE_OF(flags)
  REAL(openat);
  OPENING(at, path, flags, real_openat(at, path, flags, mode));
}

int openat64(int at, const char *path, int flags, ...) {
  MODE_OF(flags)
  REAL(openat64);
  OPENING(at, path, flags, real_openat64(at, path, flags, mode));
}

DIR *opendir(const char *path) {
  REAL(opendir);
  struct what what;
  if (!about_path(&what, LIST, AT_FDCWD, path)) return real_opendir(path);
  if (turn_of(&what) == FAIL) return NULL;
  tell_done(&what);
  return real_opendir(path);
}

/* ---- reading and writing */

#define READING(file, call) \
  struct what what; \
  if (!about_file(&what, READ, file)) return call; \
  if (turn_of(&what) == FAIL) return -1; \
  tell_done(&what); \
  return call

ssize_t read(int file, void *to, size_t size) {
  REAL(read);
  READING(file, real_read(file, to, size));
}

ssize_t pread(int file, void *to, size_t size, off_t at) {
  REAL(pread);
  READING(file, real_pread(file, to, size, at));
}

ssize_t pread64(int file, void *to, size_t size, off64_t at) {
  REAL(pread64);
  READING(file, real_pread64(file, to, size, at));
}

ssize_t readv(int file, const struct iovec *to, int count) {
  REAL(readv);
  READING(file, real_readv(file, to, count));
}

/* What now lies in a stretch of a file that was written by the system itself. */
static void tell_of_stretch(const struct what *what, int file, off64_t at, size_t size) {
  char link[64], *data = malloc(size ? size : 1);
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  REAL(open64);
  REAL(pread64);
  int again = real_open64(link, O_RDONLY | O_CLOEXEC);
  size_t got = 0;
  while (again >= 0 && got < size) {
    ssize_t more = real_pread64(again, data + got, size - got, at + got);
    if (more <= 0) break;
    got += more;
  }
  if (got < size) abort();
  close(again);
  tell_of_file(what, file, at, size, data);
  free(data);
}

static ssize_t written(const struct what *what, int file, off64_t at, ssize_t done,
                       const void *data) {
  int before = errno;
  if (done < 0) {
    tell(what, FAILED, before, 0, 0, 0, NULL);
  } else {
    if (at < 0) at = lseek64(file, 0, SEEK_CUR) - done;
    if (data) tell_of_file(what, file, at, done, data);
    else tell_of_stretch(what, file, at, done);
  }
  errno = before;
  return done;
}

#define WRITING(file, at, size, data, call) \
  struct what what; \
  if (!about_file(&what, WRITE, file)) return call; \
  switch (turn_of(&what)) { \
  case FAIL: return -1; \
  case HALF: size = half(size); /* fall through */ \
  default: return written(&what, file, at, call, data); \
  }

ssize_t write(int file, const void *data, size_t size) {
  REAL(write);
  WRITING(file, -1, size, data, real_write(file, data, size));
}

ssize_t pwrite(int file, const void *data, size_t size, off_t at) {
  REAL(pwrite);
  WRITING(file, at, size, data, real_pwrite(file, data, size, at));
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
  REAL(pwrite64);
  WRITING(file, at, size, data, real_pwrite64(file, data, size, at));
}

ssize_t writev(int file, const struct iovec *data, int count) {
  REAL(writev);
  struct what what;
  if (!about_file(&what, WRITE, file)) return real_writev(file, data, count);
  switch (turn_of(&what)) {
  case FAIL: return -1;
  case HALF: count = half(count); /* fall through */
  default: return written(&what, file, -1, real_writev(file, data, count), NULL);
  }
}

ssize_t sendfile64(int to, int from, off64_t *at, size_t size) {
  REAL(sendfile64);
  WRITING(to, -1, size, NULL, real_sendfile64(to, from, at, size));
}

ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *to_at, size_t size, unsigned flags) {
  REAL(copy_file_range);
  WRITING(to, -1, size, NULL, real_copy_file_range(from, at, to, to_at, size, flags));
}

/* ---- everything else */

static int changed_file(const struct what *what, int file, uint64_t size, int failed) {
  int before = errno;
  if (failed) tell(what, FAILED, before, 0, 0, 0, NULL);
  else tell_of_file(what, file, 0, size, NULL);
  errno = before;
  return failed;
}

#define ON_FILE(kind, file, size, call) \
  struct what what; \
  if (!about_file(&what, kind, file)) return call; \
  if (turn_of(&what) == FAIL) return -1; \
  return changed_file(&what, file, size, call)

int fsync(int file) {
  REAL(fsync);
  ON_FILE(SYNC, file, 0, real_fsync(file));
}

int fdatasync(int file) {
  REAL(fdatasync);
  ON_FILE(SYNC, file, 0, real_fdatasync(file));
}

/* It tells nobody what failed, so that it cannot fail here; and it writes nothing out: what a power
   cut leaves is reckoned, and all other disks of the machine would have to be waited for. */
void sync(void) {
  if (!is_watched()) return;
  struct what what = {.kind = SYNC_ALL};
  snprintf(what.path, PATH_MAX, "%s", control->folders);
  turn_of(&what);
  tell_done(&what);
}

int syncfs(int file) {
  REAL(syncfs);
  ON_FILE(SYNC_ALL, file, 0, real_syncfs(file));
}

int ftruncate(int file, off_t size) {
  REAL(ftruncate);
  ON_FILE(TRUNCATE, file, size, real_ftruncate(file, size));
}

int ftruncate64(int file, off64_t size) {
  REAL(ftruncate64);
  ON_FILE(TRUNCATE, file, size, real_ftruncate64(file, size));
}

int fchmod(int file, mode_t mode) {
  REAL(fchmod);
  ON_FILE(CHMOD, file, 0, real_fchmod(file, mode));
}

static int changed_path(const struct what *what, const char *there, int failed) {
  int before = errno;
  if (failed) tell(what, FAILED, before, 0, 0, 0, NULL);
  else if (there) tell_of_path(what, there);
  else tell_done(what);
  errno = before;
  return failed;
}

#define ON_PATH(kind, at, path, there, call) \
  struct what what; \
  if (!about_path(&what, kind, at, path)) return call; \
  if (turn_of(&what) == FAIL) return -1; \
  return changed_path(&what, there, call)

int unlink(const char *path) {
  REAL(unlink);
  ON_PATH(UNLINK, AT_FDCWD, path, NULL, real_unlink(path));
}

int unlinkat(int at, const char *path, int flags) {
  REAL(unlinkat);
  ON_PATH(flags & AT_REMOVEDIR ? RMDIR : UNLINK, at, path, NULL, real_unlinkat(at, path, flags));
}

int rmdir(const char *path) {
  REAL(rmdir);
  ON_PATH(RMDIR, AT_FDCWD, path, NULL, real_rmdir(path));
}

int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  ON_PATH(MKDIR, AT_FDCWD, path, what.path, real_mkdir(path, mode));
}

int mkdirat(int at, const char *path, mode_t mode) {
  REAL(mkdirat);
  ON_PATH(MKDIR, at, path, what.path, real_mkdirat(at, path, mode));
}

int truncate64(const char *path, off64_t size) {
  REAL(open64);
  int file = real_open64(path, O_WRONLY | O_CLOEXEC), done = -1;
  if (file >= 0) {
    done = ftruncate64(file, size);
    close(file);
  }
  return done;
}

int chmod(const char *path, mode_t mode) {
  REAL(chmod);
  ON_PATH(CHMOD, AT_FDCWD, path, what.path, real_chmod(path, mode));
}

int fchmodat(int at, const char *path, mode_t mode, int flags) {
  REAL(fchmodat);
  ON_PATH(CHMOD, at, path, what.path, real_fchmodat(at, path, mode, flags));
}

/* Of two names: watched if either is, and the fault strikes the disk of the second. */
static int about_two(struct what *what, uint32_t kind, int at, const char *path, int at2,
                     const char *path2) {
  what->kind = kind;
  what->flags = what->mode = 0;
  if (!is_watched() || !name_of_path(at, path, what->path) ||
      !name_of_path(at2, path2, what->path2))
    return 0;
  what->folder = folder_of(what->path2);
  if (what->folder < 0) what->folder = folder_of(what->path);
  return what->folder >= 0;
}

#define ON_TWO(kind, at, path, at2, path2, call) \
  struct what what; \
  if (!about_two(&what, kind, at, path, at2, path2)) return call; \
  if (turn_of(&what) == FAIL) return -1; \
  return changed_path(&what, what.path2, call)

int rename(const char *path, const char *path2) {
  REAL(rename);
  ON_TWO(RENAME, AT_FDCWD, path, AT_FDCWD, path2, real_rename(path, path2));
}

int renameat(int at, const char *path, int at2, const char *path2) {
  REAL(renameat);
  ON_TWO(RENAME, at, path, at2, path2, real_renameat(at, path, at2, path2));
}

int renameat2(int at, const char *path, int at2, const char *path2, unsigned flags) {
  REAL(renameat2);
  struct what what;
  if (!about_two(&what, RENAME, at, path, at2, path2))
    return real_renameat2(at, path, at2, path2, flags);
  if (flags & RENAME_EXCHANGE) what.flags = EXCHANGED;
  if (turn_of(&what) == FAIL) return -1;
  return changed_path(&what, what.path2, real_renameat2(at, path, at2, path2, flags));
}

int link(const char *path, const char *path2) {
  REAL(link);
  ON_TWO(LINK, AT_FDCWD, path, AT_FDCWD, path2, real_link(path, path2));
}

int linkat(int at, const char *path, int at2, const char *path2, int flags) {
  REAL(linkat);
  ON_TWO(LINK, at, path, at2, path2, real_linkat(at, path, at2, path2, flags));
}
