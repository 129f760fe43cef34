"""`python -m saksi.app.cli` is `saksi`."""

from saksi.app.cli import main

if __name__ == "__main__":
    main()
