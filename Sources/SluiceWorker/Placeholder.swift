enum SluiceWorkerPlaceholder {}
