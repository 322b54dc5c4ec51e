// An import of `SluiceInspector` also provides the types of its calls: names, states, errors.
@_exported public import SluiceCore
