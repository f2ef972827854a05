"""The local web app: a page on this machine on which everything can be asked without YAML."""
