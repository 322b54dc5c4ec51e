enum SluiceInspectorPlaceholder {}
