"""Reading a datasource: never anything but SELECT, and all of a load from one snapshot."""
