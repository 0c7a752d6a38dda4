"""make restore: brings back what tables had."""
