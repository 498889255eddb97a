from skyeng.cli import main

main()
