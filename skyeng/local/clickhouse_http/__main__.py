import sys

from skyeng.local.clickhouse_http.serve import main

sys.exit(main())
