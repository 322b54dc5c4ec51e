import Foundation

/// The resident memory of a process.
enum ResidentMemory {
    /// The memory in bytes; nil for a process that is gone, and on systems without `/proc`.
    static func bytes(of process: Int32) -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8) else { return nil }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? Double(fields[1]).map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) } : nil
    }
}
