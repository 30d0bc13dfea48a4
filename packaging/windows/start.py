"""What callrec.exe begins with."""

from callrec.frozen import main

main()
