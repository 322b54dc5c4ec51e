enum HiredisPlaceholder {}
