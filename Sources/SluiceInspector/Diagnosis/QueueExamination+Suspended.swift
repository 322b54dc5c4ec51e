import SluiceCore
import SluiceStore

extension QueueExamination {
    /// The pages of followers to read.
    private static let mostFollowerPages = 25

    /// Examines followers: those that nothing releases, and those that are held.
    mutating func examineSuspended() async throws(SluiceError) {
        var next: String? = "0"
        var pages = 0
        var items: [DiagnoseSuspended.Item] = []
        while let rank = next {
            if pages == min(Self.mostFollowerPages, effort.pages) {
                part.unseen.append("suspended jobs beyond the first \(HumanText.number(Int(rank) ?? 0))")
                break
            }
            pages += 1
            let page = try await store.call(DiagnoseSuspended(from: rank), on: queue)
            items += page.jobs
            next = page.next
        }
        let followers = try await confirmed(resolved(items))
        reportHeld(followers.filter(\.isHeld))
        reportOrphans(followers.filter { !$0.isHeld })
    }

    /// A follower and the state of the job before it.
    private struct Follower {
        var item: DiagnoseSuspended.Item
        /// The queue of that job.
        var place: QueueName
        /// The state of that job; nil if it is in no queue.
        var state: JobState?

        /// Whether the follower's failure policy holds it.
        var isHeld: Bool { item.trouble != .bare && item.policy == .hold && state != .completed }
    }

    /// Searches the other queues for jobs that have moved there. Omits followers that will still be notified.
    private mutating func resolved(_ items: [DiagnoseSuspended.Item]) async throws(SluiceError) -> [Follower] {
        var followers = items.filter { $0.trouble != .gone }.map { Follower(item: $0, place: queue, state: $0.state) }
        let gone = items.filter { $0.trouble == .gone }
        let parents = Array(Set(gone.map(\.parent)).prefix(1000))
        if parents.isEmpty { return followers }
        var found: [JobID: (place: QueueName, state: JobState)] = [:]
        var safe: Set<JobID> = []
        for other in queues where other != queue {
            if !effort.mayLookElsewhere() {
                part.unseen.append(
                    "where the jobs before \(HumanText.count(gone.count, "follower")) are: too many queues to look in")
                return followers
            }
            let whereabouts = try await store.call(DiagnoseWhereabouts(parents, for: "slot.\(queue)"), on: other)
            for (parent, item) in zip(parents, whereabouts) {
                guard let state = item.state else {
                    if item.hasMessage { safe.insert(parent) }
                    continue
                }
                if item.hasMessage || !state.isEnded { safe.insert(parent) }
                found[parent] = (other, state)
            }
        }
        let known = Set(parents)
        for item in gone where known.contains(item.parent) && !safe.contains(item.parent) {
            let place = found[item.parent]
            followers.append(Follower(item: item, place: place?.place ?? queue, state: place?.state))
        }
        return followers
    }

    /// Keeps the followers that are unchanged. They were read one after another and may have moved since.
    private func confirmed(_ followers: [Follower]) async throws(SluiceError) -> [Follower] {
        var still: Set<DiagnoseSuspended.Item> = []
        var rest = followers[...]
        while !rest.isEmpty {
            let some = rest.prefix(1000)
            rest = rest.dropFirst(1000)
            still.formUnion(try await store.call(DiagnoseSuspended(again: some.map(\.item.id)), on: queue).jobs)
        }
        return followers.filter { still.contains($0.item) }
    }

    private mutating func reportHeld(_ followers: [Follower]) {
        let groups = Dictionary(grouping: followers, by: \.item.parent).sorted { $0.key.text < $1.key.text }
        for (parent, group) in groups.prefix(Self.mostAlike) {
            let first = group[0].item.id
            let letGo = cures.tool("jobs", "retry", "--queue", queue.text, first.text)
            let retry = group[0].state.map { _ in
                cures.tool("jobs", "retry", "--queue", group[0].place.text, parent.text) + "; or "
            }
            part.add(
                .notice, "queue.held",
                "\(HumanText.count(group.count, "job")), such as \(first), \(group.count == 1 ? "is" : "are") held behind \(parent), "
                    + "which \(group[0].state.map { "was \($0.rawValue)" } ?? "is gone")",
                cure: (retry ?? "") + "let a follower go: \(letGo), or cancel it")
        }
        if groups.count > Self.mostAlike { part.unseen.append("\(groups.count - Self.mostAlike) more jobs that hold followers") }
    }

    private mutating func reportOrphans(_ followers: [Follower]) {
        for follower in followers.prefix(Self.mostAlike) {
            let item = follower.item
            let why =
                item.trouble == .bare
                ? "waits for nothing"
                : "waits for \(item.parent), which \(follower.state.map { "was \($0.rawValue)" } ?? "is gone")"
            part.add(
                .problem, "queue.orphan", "\(item.id) is suspended and \(why), and nothing releases it",
                cure: cures.tool("jobs", "retry", "--queue", queue.text, item.id.text) + " lets it go; or cancel it")
        }
        if followers.count > Self.mostAlike {
            part.unseen.append("\(followers.count - Self.mostAlike) more that nothing releases")
        }
    }
}
