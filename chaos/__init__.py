"""`make chaos`: whole calls through a whole stack while AWS, processes and customers fail, and then a check of all of it."""
