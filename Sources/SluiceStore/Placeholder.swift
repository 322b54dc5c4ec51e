enum SluiceStorePlaceholder {}
