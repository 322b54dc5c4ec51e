// Importing `Sluice` brings the vocabulary of its calls: jobs, names, outcomes, errors.
@_exported public import SluiceCore
