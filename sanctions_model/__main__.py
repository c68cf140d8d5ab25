"""`python -m sanctions_model` is the command line."""

from sanctions_model.cli.app import main

if __name__ == "__main__":
    main()
