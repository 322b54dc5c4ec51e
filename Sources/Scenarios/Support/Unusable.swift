/// Why something could not be run.
package struct Unusable: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Nothing has started for longer than anything may wait, and there is something to do.
package struct Stalled: Error {
    package init() {}
}
