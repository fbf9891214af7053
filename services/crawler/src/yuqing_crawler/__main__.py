"""Starts the crawler. A module of its own, because the parser's process would otherwise load all of `main` again (multiprocessing
imports a main module anew in each child, unless it is called `__main__`)."""

from yuqing_crawler.main import main

if __name__ == "__main__":
    main()
