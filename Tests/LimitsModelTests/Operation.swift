/// One step of a run.
enum Operation: CustomStringConvertible {
    struct New {
        var id: Int
        var lane: Int
        var priority: Int
        /// In ms; 0 for at once.
        var delay: Int
    }

    /// How a run ends. Times in ms.
    enum Ending {
        case completed, release, cancelled, discarded
        case retry(Int)
        case snooze(Int)
        case wait(base: Int, cap: Int)
        case unavailable(String, asked: Int, most: Int)
    }

    /// Runs of one claim that end alike.
    struct Settlement {
        var fence: Int
        var ending: Ending
        var ids: [Int]
    }

    enum Change: String { case cancel, retry, delete, reschedule }

    case enqueue([New])
    case cycle(SimulatedWorker.Call, demand: Int, [Settlement])
    /// The worker says that it runs these, with their fences, and nothing else.
    case resync(SimulatedWorker.Call, lease: Int, [(id: Int, fence: Int)])
    case pass(Int)
    case declare(deploy: Int, [String: String])
    case override(String, String, Int)
    case restore(String)
    case turn(String, isOn: Bool)
    case change(Change, delay: Int, [Int])
    case pause
    case resume

    var description: String {
        switch self {
        case .enqueue(let jobs):
            "enqueue "
                + jobs.map { "\(ModelJob.text($0.id)) \"\(World.lanes[$0.lane].text)\" class \($0.priority) delay \($0.delay)" }
                .joined(separator: ", ")
        case .cycle(let call, let demand, let settlements):
            "\(call.worker) claims \(demand)"
                + settlements.map { ", settles \($0.ids.map(ModelJob.text)) \($0.ending)" }.joined()
        case .resync(let call, _, let runs): "\(call.worker) resyncs with \(runs.map { ModelJob.text($0.id) })"
        case .pass(let span): "pass \(span) ms"
        case .declare(let deploy, let limits): "declare \(deploy) \(limits.sorted { $0.key < $1.key }.map { "\($0) \($1)" })"
        case .override(let name, let value, let span): "override \(name) \(value) for \(span)"
        case .restore(let name): "restore \(name)"
        case .turn(let name, let isOn): "switch \(name) \(isOn ? "on" : "off")"
        case .change(let change, let delay, let ids): "\(change) \(ids.map(ModelJob.text)) \(delay)"
        case .pause: "pause"
        case .resume: "resume"
        }
    }
}
