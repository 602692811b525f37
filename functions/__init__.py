"""The bundle as a whole: the list of endpoints, the packer, the server that runs all endpoints
locally, and what an operator needs to set up, examine and deploy them."""
