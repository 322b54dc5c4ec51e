import Subprocess

#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#else
    import Darwin
#endif

/// The environment of a child: that of this process but for some variables. Values pass byte by byte: as text, what is not UTF-8 in
/// them would become other characters.
struct ExecEnvironment {
    /// `NAME=value` each, with a NUL at the end.
    let entries: [[UInt8]]

    /// - Parameter changes: variables with another value, or nil for those that are left out.
    init(_ inherited: [[UInt8]] = ofThisProcess(), changing changes: [String: String?]) {
        let names = changes.keys.map { Array("\($0)=".utf8) }
        let kept = inherited.filter { entry in !names.contains { entry.starts(with: $0) } }
        entries = kept + changes.compactMap { name, value in value.map { Array("\(name)=\($0)\0".utf8) } }
    }

    /// As a child takes it.
    var environment: Environment { .custom(entries) }

    /// This process sets no variables once it serves, so none moves meanwhile.
    private static func ofThisProcess() -> [[UInt8]] {
        var entries: [[UInt8]] = []
        guard var next = environ as UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? else { return [] }
        while let entry = next.pointee {
            entries.append(UnsafeRawBufferPointer(start: entry, count: strlen(entry) + 1).map { $0 })
            next += 1
        }
        return entries
    }
}
