/// A job as Redis keeps it: one JSON object of its kind, its options that differ from the defaults, and its arguments.
///
/// ```json
/// {"kind":"resize","max_attempts":3,"timeout_ms":5000,"partitions":{"host":"a.b"},
///  "needs":["tmdb","imdb?"],"chain":"order-7","chain_hold":true,"max_waits":50,"trace":{"traceparent":"…"},
///  "version":2,"redact":["card"],"key":"2026-11","args":{…}}
/// ```
/// Only `kind` is required. The arguments travel as text and are coded once, by the code that knows their type. With a `key` they
/// are encrypted, and a string.
package struct JobSpec: Sendable, Equatable {
    package var kind: String
    /// Arguments as JSON text, in UTF-8; base64 in quotes if they are encrypted.
    package var arguments: [UInt8]
    package var maxAttempts: Int?
    package var timeout: Duration?
    package var partitions: Partitions
    /// Its external dependencies.
    package var needs: [Dependency]
    /// The chain it belongs to.
    package var chain: Chain?
    /// Number of waits for dependencies after which it is discarded.
    package var maxWaits: Int?
    /// The batch of which it is a member or a callback.
    package var batch: BatchID?
    /// Context of a distributed trace, by header.
    package var trace: [String: String]
    /// The workflow that it belongs to, and its node's name there.
    package var workflow: String?
    package var node: String?
    /// The version of the arguments.
    package var version = 1
    /// Names of fields whose values are hidden from people.
    package var redacted: [String] = []
    /// The id of the key that encrypts the arguments.
    package var key: String?
    /// Whether it is a placeholder for a spec that cannot be read. Nothing of such a spec is shown.
    package var isUnreadable = false

    /// A placeholder for a spec that cannot be read.
    package static var unreadable: JobSpec {
        var spec = JobSpec(kind: "", arguments: [])
        spec.isUnreadable = true
        return spec
    }

    package init(
        kind: String, arguments: [UInt8], maxAttempts: Int? = nil, timeout: Duration? = nil, partitions: Partitions = [:],
        needs: [Dependency] = [], chain: Chain? = nil, maxWaits: Int? = nil, batch: BatchID? = nil, trace: [String: String] = [:]
    ) {
        self.kind = kind
        self.arguments = arguments
        self.maxAttempts = maxAttempts
        self.timeout = timeout
        self.partitions = partitions
        self.needs = needs
        self.chain = chain
        self.maxWaits = maxWaits
        self.batch = batch
        self.trace = trace
    }
}

extension JobSpec {
    /// The JSON text.
    package func encoded() -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(arguments.count + kind.utf8.count + 24)
        text.append(contentsOf: Self.openKind)
        JSONText.append(kind, to: &text)
        if let maxAttempts { text.append(contentsOf: ",\"max_attempts\":\(maxAttempts)".utf8) }
        if let timeout { text.append(contentsOf: ",\"timeout_ms\":\(timeout.milliseconds)".utf8) }
        append(partitions.values, named: "partitions", to: &text)
        if !needs.isEmpty {
            text.append(contentsOf: ",\"needs\":".utf8)
            JSONText.append(needs.map(\.text), to: &text)
        }
        if let chain {
            text.append(contentsOf: ",\"chain\":".utf8)
            JSONText.append(chain.key, to: &text)
            if chain.onDiscarded == .hold { text.append(contentsOf: ",\"chain_hold\":true".utf8) }
        }
        if let maxWaits { text.append(contentsOf: ",\"max_waits\":\(maxWaits)".utf8) }
        if let batch { text.append(contentsOf: ",\"batch\":\"\(batch)\"".utf8) }
        append(trace, named: "trace", to: &text)
        if let workflow, let node {
            text.append(contentsOf: ",\"workflow\":\"\(workflow)\",\"node\":\"\(node)\"".utf8)
        }
        if version != 1 { text.append(contentsOf: ",\"version\":\(version)".utf8) }
        if !redacted.isEmpty {
            text.append(contentsOf: ",\"redact\":".utf8)
            JSONText.append(redacted, to: &text)
        }
        if let key { text.append(contentsOf: ",\"key\":\"\(key)\"".utf8) }
        text.append(contentsOf: Self.openArguments)
        text.append(contentsOf: arguments)
        text.append(UInt8(ascii: "}"))
        return text
    }

    /// 300 years, in ms.
    private static let longest = 10_000_000_000_000

    private static let openKind = Array("{\"kind\":".utf8)
    private static let noArguments = Array("{}".utf8)
    private static let openArguments = Array(",\"args\":".utf8)

    private func append(_ values: [String: String], named name: String, to text: inout [UInt8]) {
        if values.isEmpty { return }
        text.append(contentsOf: ",\"\(name)\":".utf8)
        JSONText.append(values, to: &text)
    }

    /// Parses the text of a spec, from any source.
    /// - Throws: `invalidArgument` if it is not a JSON object with a kind.
    package init(decoding text: UnsafeRawBufferPointer) throws(SluiceError) {
        self.init(kind: "", arguments: Self.noArguments)
        var scanner = JSONScanner(text)
        var hasKind = false
        var holdsChain = false
        do {
            try scanner.forEachMember { (name, value) throws(JSONScanner.Malformed) in
                switch name {
                case "kind":
                    kind = try JSONText.string(value)
                    hasKind = true
                case "args": arguments = Array(value)
                case "max_attempts": maxAttempts = JSONText.integer(value).map { max($0, 1) }
                case "timeout_ms": timeout = JSONText.integer(value).map { .milliseconds(min(max($0, 1), Self.longest)) }
                case "partitions": partitions = Partitions(try JSONText.strings(value))
                case "needs": needs = try JSONText.list(value).map(Dependency.init(text:))
                case "chain": chain = Chain(try JSONText.string(value))
                case "chain_hold": holdsChain = value.elementsEqual("true".utf8)
                case "max_waits": maxWaits = JSONText.integer(value).map { max($0, 1) }
                case "batch": batch = try? BatchID(JSONText.string(value))
                case "trace": trace = try JSONText.strings(value)
                case "workflow": workflow = try JSONText.string(value)
                case "node": node = try JSONText.string(value)
                case "version": version = JSONText.integer(value).map { max($0, 1) } ?? 1
                case "redact": redacted = try JSONText.list(value)
                case "key": key = try JSONText.string(value)
                default: break
                }
            }
        } catch {
            throw SluiceError(.invalidArgument, "the spec of the job is no JSON: \(error.reason)")
        }
        if holdsChain { chain?.onDiscarded = .hold }
        if !hasKind { throw SluiceError(.invalidArgument, "the spec of the job has no kind") }
        try KindName.check(kind)
    }
}

extension JobSpec {
    /// The encrypted arguments; nil if they are not encrypted.
    package var sealed: SealedText? {
        guard let key else { return nil }
        let base64 = arguments.withUnsafeBytes { try? JSONText.string($0) }
        return SealedText(key: key, base64: base64 ?? "")
    }

    /// Encrypts the arguments.
    /// - Throws: `invalidArgument` without keys.
    package mutating func seal(_ rules: PayloadRules, of owner: SealOwner) throws(SluiceError) {
        let sealed = try rules.seal(arguments, as: .arguments(kind, of: owner))
        key = sealed.key
        arguments = Array("\"\(sealed.base64)\"".utf8)
    }

    /// The arguments for display to people who have these keys.
    package func shownArguments(_ keys: PayloadKeys?, of owner: SealOwner) -> String {
        guard let plain = plainArguments(keys, of: owner) else { return sealed?.placeholder ?? Self.hidden }
        return masked(plain, plain)
    }

    /// A result of the job, for display.
    package func shownResult(_ text: String, _ keys: PayloadKeys?, of id: JobID, in queue: QueueName) -> String {
        shown(text, .output(id), keys, of: SealOwner(id, in: queue))
    }

    /// The result of a step, for display.
    package func shownStep(_ text: String, _ keys: PayloadKeys?, named name: String, of owner: SealOwner) -> String {
        shown(text, .step(name, of: owner), keys, of: owner)
    }

    private func shown(_ text: String, _ part: PayloadKeys.Part, _ keys: PayloadKeys?, of owner: SealOwner) -> String {
        let text = Array(text.utf8)
        guard let sealed = SealedText(text) else { return masked(text, plainArguments(keys, of: owner)) }
        guard let opened = try? keys?.open(sealed, as: part) else { return isUnreadable ? Self.hidden : sealed.placeholder }
        return masked(opened, plainArguments(keys, of: owner))
    }

    /// The arguments in plain text; nil without their key.
    private func plainArguments(_ keys: PayloadKeys?, of owner: SealOwner) -> [UInt8]? {
        guard let sealed else { return arguments }
        return try? keys?.open(sealed, as: .arguments(kind, of: owner))
    }

    /// Removes the values of redacted fields, wherever the text repeats them.
    private func masked(_ text: [UInt8], _ arguments: [UInt8]?) -> String {
        if isUnreadable { return Self.hidden }
        return String(decoding: Redaction(redacted, in: arguments ?? []).masking(json: text), as: UTF8.self)
    }

    private static let hidden = "\"[unreadable]\""
}
