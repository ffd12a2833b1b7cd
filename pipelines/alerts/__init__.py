"""From changes to mail: matching (pure), rendering, channels, and the outbox that is never lost."""
