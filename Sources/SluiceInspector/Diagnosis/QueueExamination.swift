import SluiceCore
import SluiceStore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Examines one queue.
struct QueueExamination {
    /// How long a dependency may be off before it is reported.
    static let longOff = Duration.seconds(3600)
    /// The most findings of one kind that are listed one by one.
    static let mostAlike = 10

    let store: Store
    let queue: QueueName
    let queues: [QueueName]
    let effort: DiagnosisEffort
    let cures: CureText
    var part: Diagnosis.Part
    var now = Date(milliseconds: 0)

    init(_ store: Store, _ queue: QueueName, among queues: [QueueName], _ effort: DiagnosisEffort, _ cures: CureText) {
        self.store = store
        self.queue = queue
        self.queues = queues
        self.effort = effort
        self.cures = cures
        part = Diagnosis.Part(subject: .queue(queue), looked: "")
    }

    mutating func run() async throws(SluiceError) {
        do throws(SluiceError) {
            try await examine()
        } catch {
            switch error.code {
            case .newerVersion:
                part.add(.problem, "queue.format", error.message, cure: "upgrade this tool, and the library with it")
            // A queue that cannot be examined does not stop the diagnosis of the others.
            case .server, .permission: part.unseen.append("the rest: \(error.refusal)")
            default: throw error
            }
        }
    }

    private mutating func examine() async throws(SluiceError) {
        let (reply, workers, sections) = try await glance()
        let status = QueueStatus(queue, reply: reply)
        now = Date(milliseconds: workers.now)
        let jobs = JobState.allCases.filter { !$0.isEnded }.reduce(0) { $0 + status.states[$1, default: 0] }
        part.looked =
            "\(HumanText.count(jobs, "job")) that \(jobs == 1 ? "has" : "have") not ended, "
            + "\(HumanText.count(workers.live, "live worker")): data, pause, workers, kinds, followers, chains, messages, batches, "
            + "dependencies, cron"
        try await see("data") { one throws(SluiceError) in try await one.audit() }
        examinePause(status)
        examineWebhooks(status)
        examineClock(reply)
        examineWorkers(workers)
        if let deaf = workers.deaf { tell(deaf) }
        if sections.contains("kinds"), workers.live > 0 {
            try await see("kinds") { one throws(SluiceError) in try await one.examineKinds() }
        }
        if sections.contains("suspended") {
            try await see("followers") { one throws(SluiceError) in try await one.examineSuspended() }
        }
        if sections.contains("chains") { try await see("chains") { one throws(SluiceError) in try await one.examineChains() } }
        if sections.contains("outbox") { try await see("messages") { one throws(SluiceError) in try await one.examineOutbox() } }
        if sections.contains("links") { try await see("batches") { one throws(SluiceError) in try await one.examineLinks() } }
        if sections.contains("dependencies") {
            try await see("dependencies") { one throws(SluiceError) in try await one.examineDependencies() }
        }
        if sections.contains("cron") { try await see("cron") { one throws(SluiceError) in try await one.examineCron(workers) } }
    }

    /// Examines something. What the user may not see is noted, and the diagnosis goes on.
    private mutating func see(
        _ what: String, _ body: (inout QueueExamination) async throws(SluiceError) -> Void
    ) async throws(SluiceError) {
        do throws(SluiceError) {
            try await body(&self)
        } catch {
            guard error.isForbidden else { throw error }
            part.unseen.append("\(what): \(error.refusal)")
        }
    }

    /// Reads the status of the queue and the sections that need further calls. An older library does not name sections; then all
    /// are read.
    private func glance() async throws(SluiceError) -> ([String: String], DiagnoseWorkers.Reply, Set<String>) {
        do throws(SluiceError) {
            let glance = try await store.call(DiagnoseGlance(), on: queue)
            return (glance.status, glance.workers, glance.sections)
        } catch {
            if error.code != .invalidArgument { throw error }
        }
        return (
            try await store.call(Status(), on: queue), try await store.call(DiagnoseWorkers(), on: queue),
            ["kinds", "suspended", "chains", "outbox", "links", "dependencies", "cron"]
        )
    }

    private mutating func audit() async throws(SluiceError) {
        var cursor: String? = ""
        var (pages, checked) = (0, 0)
        var found: [String: [String]] = [:]
        while let place = cursor {
            if pages == effort.pages {
                part.unseen.append(
                    "data beyond \(HumanText.number(checked)) entries; all of it: \(cures.tool("audit", queue.text))")
                break
            }
            let page = try await store.call(AuditPage(cursor: place), on: queue)
            (pages, checked, cursor) = (pages + 1, checked + page.checked, page.cursor)
            for violation in page.violations { found[violation.invariant, default: []].append(violation.what) }
        }
        for (invariant, texts) in found.sorted(by: { $0.key < $1.key }) {
            let rest = texts.count > 1 ? ", and \(HumanText.number(texts.count - 1)) more" : ""
            part.add(
                .problem, "queue.audit", "\(invariant): \(texts[0])\(rest)",
                cure: "a fault of Sluice: please report what this tells: " + cures.tool("audit", queue.text))
        }
    }

    private mutating func examinePause(_ status: QueueStatus) {
        guard let pause = status.pause else { return }
        part.add(
            .notice, "queue.paused",
            "paused \(HumanText.age(pause.since, at: now))" + (pause.reason.isEmpty ? "" : ": \(pause.reason)"),
            cure: cures.tool("queues", "resume", queue.text))
    }

    private mutating func examineWorkers(_ workers: DiagnoseWorkers.Reply) {
        if workers.late > 0 {
            part.add(
                .problem, "queue.deadline",
                "\(HumanText.count(workers.late, "job")) \(workers.late == 1 ? "has" : "have") not ended a minute after "
                    + "\(workers.late == 1 ? "its" : "their") deadline, for which a worker has to call",
                cure: "start the program that serves it, or " + worker)
        }
        if workers.live > 0 || workers.runnable + workers.executing == 0 { return }
        let waiting = workers.runnable > 0 ? ["\(HumanText.count(workers.runnable, "job")) could run"] : []
        let lost = workers.executing > 0 ? ["\(HumanText.count(workers.executing, "job")) ran on workers that are dead"] : []
        part.add(
            .problem, "queue.no_worker", (waiting + lost).joined(separator: ", ") + ", and no worker of the queue lives",
            cure: "start the program that serves it, or " + worker)
    }

    /// The command that starts a worker by hand.
    var worker: String {
        queue == Notify.queue ? cures.webhooks : cures.tool("worker", queue.text, "--exec", "COMMAND")
    }

    private mutating func examineKinds() async throws(SluiceError) {
        let (hasMore, kinds) = try await store.call(DiagnoseKinds(), on: queue)
        for kind in kinds.prefix(Self.mostAlike) {
            part.add(
                .problem, "queue.unknown_kind",
                "no live worker handles '\(kind.kind)', of which \(HumanText.count(kind.count, "job")) "
                    + "\(kind.count == 1 ? "waits" : "wait"), such as \(kind.example)",
                cure: "start a worker that handles it, or take them out: "
                    + cures.tool("jobs", "list", "--queue", queue.text, "--kind", kind.kind))
        }
        if kinds.count > Self.mostAlike {
            part.unseen.append("\(kinds.count - Self.mostAlike) more kinds that no worker handles")
        }
        if hasMore { part.unseen.append("the kinds of waiting jobs beyond the first 1,000 of each state") }
    }

    private mutating func examineChains() async throws(SluiceError) {
        let (hasMore, chains) = try await store.call(DiagnoseChains(), on: queue)
        for chain in chains.prefix(Self.mostAlike) {
            let one = chain.waiting == 1
            part.add(
                .notice, "queue.chain_held",
                "\(HumanText.count(chain.waiting, "job")) \(one ? "waits" : "wait") behind \(chain.holder), which was discarded and "
                    + "holds \(chain.gate)",
                cure: cures.tool("jobs", "retry", "--queue", queue.text, chain.holder.text)
                    + ", or cancel or delete it to let the chain go on")
        }
        if hasMore { part.unseen.append("chains held by discarded jobs beyond the newest 1,000") }
    }

    private mutating func examineDependencies() async throws(SluiceError) {
        let everywhere = try await store.dependenciesOff()
        for one in try await store.call(Dependencies(), on: queue) where !one.isOn {
            let since = Date(milliseconds: one.offSince ?? 0)
            if since.age(at: now) < Self.longOff { continue }
            part.add(
                .notice, "queue.dependency_off", "\(one.name) was switched off \(HumanText.age(since, at: now))",
                cure: everywhere.contains(one.name)
                    ? cures.tool("dependencies", "on", one.name)
                    : cures.tool("dependencies", "on", one.name, "--queue", queue.text))
        }
    }
}
