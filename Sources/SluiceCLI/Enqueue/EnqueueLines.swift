import ArgumentParser
import Sluice
import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// Enqueues a job for each line of standard input, in batches, as the lines arrive.
struct EnqueueLines {
    private static let mostJobs = 1000
    private static let mostBytes = 4 << 20
    /// The most refused lines to list in JSON.
    private static let mostErrors = 1000

    private let command: EnqueueCommand
    private var pending: [JobRequest] = []
    /// The lines of pending jobs, by the ids of the jobs.
    private var lines: [JobID: Int] = [:]
    private var keys: PayloadKeys?
    private var bytes = 0
    private var added = 0
    private var refused = 0
    /// The last line whose result is known.
    private var line = 0
    private var errors: [JSONValue] = []
    /// The reason for stopping before the end of the input.
    private var stopped: SluiceError?

    init(command: EnqueueCommand) { self.command = command }

    func run() async throws {
        var work = self
        // Refuse invalid options before reading any line.
        work.keys = try command.payload.neededKeys()
        _ = try command.request(arguments: "\"\"", work.keys)
        let prepared = work
        let outcome = await Interruption.heeding { try await prepared.done() }
        let done = try outcome.result.get()
        // A full queue refuses lines. Any other cause ends the command with an error that names the last line.
        if let stopped = done.stopped, stopped.code != .queueFull {
            if command.global.json { try done.report(isInterrupted: false) }
            let sent = HumanText.count(done.added, "job")
            throw done.added == 0 ? stopped : SluiceError(stopped.code, "\(stopped.message); \(sent) went in before")
        }
        try done.report(isInterrupted: outcome.isInterrupted)
        if outcome.isInterrupted { throw ExitCode(130) }
        if done.refused > 0 || done.stopped != nil { throw ExitCode.no }
    }

    /// The progress at the end of the input, or when the command should stop.
    private func done() async throws -> EnqueueLines {
        var work = self
        let limit = command.payload.size.limit
        try await command.global.withClient(keys: work.keys, payloadLimit: limit, backPressure: command.backPressure) { client in
            await client.store.warnOfEviction()
            do {
                try await work.read(to: client)
            } catch let error as SluiceError {
                if !Task.isCancelled { work.stopped = error }
            }
        }
        return work
    }

    private mutating func read(to client: SluiceClient) async throws {
        var reader = LineReader(descriptor: 0, limit: client.options.payloadLimit)
        while let lines = try reader.next() {
            for line in lines {
                take(line)
                if pending.count == Self.mostJobs || bytes > Self.mostBytes { try await send(to: client, upTo: line.number) }
            }
            // A slow writer expects each line to be enqueued at once.
            if let last = lines.last { try await send(to: client, upTo: last.number) }
        }
    }

    private mutating func take(_ line: LineReader.Line) {
        do throws(SluiceError) {
            guard let text = line.text else {
                throw SluiceError(.payloadTooLarge, "it is above the limit of \(command.payload.size.limit) bytes")
            }
            guard let string = String(validating: text, as: UTF8.self) else {
                throw SluiceError(.invalidArgument, "it is not UTF-8")
            }
            if text.contains(0) {
                throw SluiceError(.invalidArgument, "it has a NUL character: is it a text file?")
            }
            // Files often end with an empty line.
            if string.allSatisfy(\.isWhitespace) { return }
            var request = try command.request(arguments: command.jsonLines ? string : JSONText.quoted(string), keys)
            let id = IDs.next()
            request.id = id
            lines[id] = line.number
            pending.append(request)
            bytes += text.count
        } catch {
            refuse(line.number, error)
        }
    }

    private mutating func refuse(_ number: Int, _ error: SluiceError) {
        refused += 1
        if errors.count < Self.mostErrors { errors.append(["line": .integer(number), "error": .string(error.message)]) }
        Terminal.complain("line \(number): \(error.message)")
    }

    private mutating func send(to client: SluiceClient, upTo number: Int) async throws {
        if Task.isCancelled { return }
        defer { line = number }
        if pending.isEmpty { return }
        let (sent, failure) = await client.enqueueAll(pending, durability: command.durability.choice)
        added += sent.added
        for duplicate in sent.duplicated {
            refuse(lines[duplicate.id] ?? 0, SluiceError(.duplicate, "it is equal to \(duplicate.owner), which is there"))
        }
        for id in sent.turnedAway { refuse(lines[id] ?? 0, SluiceError(.queueFull, "queue \(command.queue) is full")) }
        pending.removeAll(keepingCapacity: true)
        lines.removeAll(keepingCapacity: true)
        bytes = 0
        if let failure { throw failure }
    }

    private func report(isInterrupted: Bool) throws {
        if isInterrupted {
            Terminal.complain("interrupted: the result of the first \(HumanText.count(line, "line")) follows")
        }
        if command.global.json {
            let report: JSONValue = [
                "queue": .string(command.queue.text), "added": .integer(added), "refused": .integer(refused),
                "errors": .array(errors), "stopped_after_line": stopped == nil ? .null : .integer(line),
                "stopped": JSONValue(stopped?.message),
            ]
            try Terminal.output.json(
                isInterrupted ? report.adding("interrupted", true).adding("lines", .integer(line)) : report)
        } else {
            let rest = refused == 0 ? "" : ", \(HumanText.count(refused, "line")) refused"
            try Terminal.output.line("\(HumanText.count(added, "job")) enqueued in \(command.queue)\(rest)")
            if stopped != nil { Terminal.complain("stopped after line \(line): what comes behind it was not read") }
        }
    }
}
