import sys

from skyeng.standin.serve import main

sys.exit(main())
