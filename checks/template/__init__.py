"""What template.yaml must keep, a module for each subject. Every check yields the sentences that say what is broken."""
