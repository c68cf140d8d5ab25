"""`python -m sanctions_model` is the command line."""

from sanctions_model.cli import main

if __name__ == "__main__":
    main()
