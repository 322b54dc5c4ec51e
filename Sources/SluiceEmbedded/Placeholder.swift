enum SluiceEmbeddedPlaceholder {}
