import Foundation
import Sluice
import SluiceWorker

/// Appends to the file of a cell; its lines are whole, whoever else writes.
struct RunLog: Sendable {
    private let descriptor: Int32
    private let path: String

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw CocoaError(.fileWriteUnknown) }
    }

    func write(_ verb: RunLine.Verb, _ context: JobContext, note: String = "-") {
        write(RunLine(verb, context.id.text, fence: Int(context.fence.number), attempt: context.attempt, note: note))
    }

    /// Whether nobody has asked this of a job before, in whatever process.
    func isFirst(_ id: JobID) -> Bool {
        let mark = open("\(path).\(id)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if mark >= 0 { close(mark) }
        return mark >= 0
    }

    func write(_ line: RunLine) {
        let bytes = Array(line.text.utf8)
        _ = Foundation.write(descriptor, bytes, bytes.count)
    }
}
