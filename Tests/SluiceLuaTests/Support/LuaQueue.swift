import Hiredis
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// One queue of a fresh namespace, and the functions called on it.
struct LuaQueue: Sendable {
    let queues: TestNamespace
    let name: QueueName

    /// What functions are called with.
    var base: String { queues.base(name) }

    /// When the clock started, in ms since 1970.
    var start: Int { queues.start }

    init(_ name: QueueName = "mail", in queues: TestNamespace? = nil) async throws {
        if let queues { self.queues = queues } else { self.queues = try await TestNamespace() }
        self.name = name
    }

    /// Calls a function by its plain name, or by protocol, and tells the reply, or the error, as text.
    func fcall(_ words: [String], key: String? = nil) async throws -> String {
        let function = words[0].hasPrefix("sluice_") ? words[0] : "sluice1_" + words[0]
        let command = ["FCALL", function, "1", key ?? queues.base(name)] + words.dropFirst()
        do {
            return queues.relative(text(try await queues.store.command(command).root))
        } catch {
            return "\(error.code.name): \(error.message)"
        }
    }

    func call<Function: StoreFunction>(_ function: Function) async throws -> Function.Reply {
        try await queues.store.call(function, on: name)
    }

    /// Puts jobs in, as people do.
    func add(_ ids: String..., options: String = "") async throws {
        _ = try await fcall(["sluice_enqueue"] + ids.flatMap { [$0, #"{"kind":"k"}"#, options] })
    }

    /// Puts many jobs in, in one call of a client: `prefix` with 0, 1, 2…
    func add(_ count: Int, _ prefix: String, priority: Int = 5, lane: String = "", spec: String = #"{"kind":"k"}"#) async throws {
        let jobs = (0..<count).map {
            NewJob(id: JobID(known: prefix + String($0)), spec: Array(spec.utf8), priority: priority, lane: lane)
        }
        _ = try await call(Enqueue(producer: "many-" + prefix, number: 1, jobs: jobs))
    }

    /// A worker that has introduced itself.
    func worker(_ id: String = "w", lease: Duration = .seconds(30)) async throws -> ScriptedWorker {
        let worker = ScriptedWorker(id, on: self, lease: lease)
        _ = try await worker.resync()
        return worker
    }

    func state(_ id: String) async throws -> String? { try await call(FindJob(JobID(known: id)))?["state"] }

    func status(_ name: String) async throws -> Int? { try await call(Status())[name].flatMap { Int($0) } }

    /// One key of the queue.
    func key(_ name: String) async throws -> String? { try await dump()[name] }

    /// What the queue holds, by key without the queue's prefix.
    func dump() async throws -> [String: String] {
        let prefix = "{\(name)}:"
        var own: [String: String] = [:]
        for (key, text) in try await queues.dump() {
            own[key.hasPrefix(prefix) ? String(key.dropFirst(prefix.count)) : key] = text
        }
        return own
    }

    func advance(_ seconds: Double) async throws { try await queues.advance(by: .milliseconds(Int(seconds * 1000))) }

    /// Takes the token, if there is one.
    func takeToken() async throws -> Bool { try await redis("LPOP", "wake") != nil }

    /// Sends a command on one key of the queue, behind the functions' back.
    @discardableResult func redis(_ command: String, _ key: String, _ rest: String?...) async throws -> String? {
        let words = [command, queues.base(name) + ":" + key] + rest.compactMap(\.self)
        let value = try await queues.store.command(words).root
        return value.isNull ? nil : text(value)
    }

    /// When a key goes by itself, in ms from the start of the clock; nil if it does not.
    func expiry(_ key: String) async throws -> Int? {
        let reply = try await queues.command("ZSCORE", "\(queues.namespace):expiries", "\(base):\(key)").root
        return reply.integer.map { $0 - start }
    }

    /// Everything that `audit` finds wrong, over all its pages.
    func audit() async throws -> [String] {
        try await auditPages().flatMap { page in page.reply.violations.map { $0.invariant + " " + $0.what } }
    }

    /// All pages of an audit, each with the cursor that it was asked for with.
    func auditPages() async throws -> [(cursor: String, reply: AuditPage.Reply)] {
        var pages: [(cursor: String, reply: AuditPage.Reply)] = []
        var cursor: String? = ""
        while let at = cursor {
            let page = try await call(AuditPage(cursor: at))
            pages.append((at, page))
            cursor = page.cursor
        }
        return pages
    }

    private func text(_ value: RedisValue) -> String {
        switch value.kind {
        case .array: "[" + value.elements.map(text).joined(separator: ", ") + "]"
        case .null: "nil"
        case .string, .status: value.string ?? ""
        case .integer: value.integer.map(String.init) ?? ""
        case .error: value.error?.description ?? ""
        }
    }
}
