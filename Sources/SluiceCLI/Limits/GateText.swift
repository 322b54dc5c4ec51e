import SluiceCore

/// A gate as it is written on the command line: `account=42` with any value, `tmdb`, or `*`.
enum GateText {
    /// The gate as the library names it. What has been copied from a listing is taken as it is.
    /// - Throws: `invalidArgument` for a name that is none.
    static func encoded(_ text: String) throws(SluiceError) -> String {
        if text == "*" { return text }
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        try DimensionName.check(parts[0])
        guard parts.count == 2 else { return text }
        return parts[0] + "=" + (PartitionValue.isEncoded(parts[1]) ? parts[1] : PartitionValue.encoded(parts[1]))
    }
}
