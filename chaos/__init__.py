"""`make chaos`: whole calls through a whole stack while AWS, processes and customers fail, and a check."""
