// Who imports `SluiceInspector` has the vocabulary of its calls: names, states, errors.
@_exported public import SluiceCore
