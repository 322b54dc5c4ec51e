/// Names as Prometheus asks for them: snake case, with units and types as suffixes.
/// See <https://prometheus.io/docs/practices/naming/>.
enum PrometheusName {
    /// The longest name, in bytes.
    private static let longest = 200
    private static let unitsOfTime = [
        "_nanoseconds", "_microseconds", "_milliseconds", "_seconds", "_nanos", "_micros", "_millis", "_ns", "_us", "_ms", "_s",
    ]

    static func plain(_ label: String) -> String { snakeCase(label) }

    /// The name of a counter.
    static func total(_ label: String) -> String {
        let name = snakeCase(label)
        return name.hasSuffix("_total") ? name : name + "_total"
    }

    /// The name of a timer, which is exported in seconds.
    static func seconds(_ label: String) -> String {
        let name = snakeCase(label)
        let unit = unitsOfTime.first { name.hasSuffix($0) && name.count > $0.count }
        return name.dropLast(unit?.count ?? 0) + "_seconds"
    }

    /// The name of a label. Those that begin with two underscores belong to Prometheus, and `le` to histograms.
    static func label(_ text: String) -> String {
        let name = snakeCase(text)
        if name == "le" { return "exported_le" }
        return name.hasPrefix("__") ? "_" + name.drop { $0 == "_" } : name
    }

    /// Letters a to z, digits and underscores, not beginning with a digit. Each other character becomes an underscore, and a capital
    /// letter that begins a word its small one behind an underscore.
    private static func snakeCase(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars.prefix(longest))
        var name = ""
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "A"..."Z":
                if index > 0, beginsWord(scalars, index) { name += "_" }
                name += String(scalar).lowercased()
            case "a"..."z", "_": name.unicodeScalars.append(scalar)
            case "0"..."9": name += name.isEmpty ? "_\(scalar)" : "\(scalar)"
            default: name += "_"
            }
        }
        return name.isEmpty ? "_" : String(name.prefix(longest))
    }

    /// Whether a capital letter begins a word: after a small letter or a digit, and as the last of several before a small one.
    private static func beginsWord(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
        switch scalars[index - 1] {
        case "a"..."z", "0"..."9": true
        case "A"..."Z": index + 1 < scalars.count && ("a"..."z").contains(scalars[index + 1])
        default: false
        }
    }
}
