/// Why a cell could not be run.
struct Unusable: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Nothing has started for longer than anything may wait, and there is something to do.
struct Stalled: Error {}
