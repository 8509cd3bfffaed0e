"""What the black-box tests share: a real server in a temporary folder, raw HTTP, the API's clients, hashes and sites."""
