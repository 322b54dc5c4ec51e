/// The rule for names of partitions and dependencies. Limits use both in the same way.
package enum DimensionName {
    /// - Throws: `invalidArgument` for a name outside `[A-Za-z0-9_.-]{1,32}`, and for the name of chains.
    package static func check(_ name: String) throws(SluiceError) {
        guard isValid(name) else {
            throw SluiceError(
                .invalidArgument,
                "'\(name.prefix(40))' is not a valid name of a partition or a dependency: 1 to 32 letters, digits, _ . -")
        }
        if name == Chain.dimension {
            throw SluiceError(
                .invalidArgument,
                "'\(name)' is not a valid name of a partition or a dependency, and has no limits: it is that of chains")
        }
    }

    package static func isValid(_ name: String) -> Bool {
        (1...32).contains(name.utf8.count) && name.utf8.allSatisfy(isPlain)
    }

    static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
