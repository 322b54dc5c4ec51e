import Hiredis

extension Operation {
    /// The call of the library, on a queue whose keys begin with `base`, or the setting of the clock at `now` in ms.
    func command(_ base: String, clock: String, now: Int) -> RedisCommand {
        switch self {
        case .enqueue(let jobs): function("sluice_enqueue", base, jobs.flatMap(\.words))
        case .cycle(let call, let demand, let settlements):
            function(
                "sluice1_cycle", base,
                [call.worker, "\(call.session)", "\(call.number)", "\(demand)", "5000"] + settlements.flatMap(\.words))
        case .resync(let call, let lease, let runs):
            function(
                "sluice1_resync", base,
                [call.worker, "\(call.session)", "\(lease)", "{}"] + runs.flatMap { [ModelJob.text($0.id), "\($0.fence)"] })
        case .pass(let span): ["SET", clock, "\((now + span) * 1000)"]
        case .declare(let deploy, let limits):
            function("sluice1_declare", base, ["\(deploy)"] + limits.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] })
        case .override(let name, let value, let span): function("sluice1_override", base, [name, value, "\(span)", "new"])
        case .restore(let name): function("sluice1_restore", base, [name])
        case .turn(let name, let isOn): function("sluice1_switch", base, [name, isOn ? "on" : "off"])
        case .change(let change, let delay, let ids):
            function(
                "sluice1_\(change)", base, (change == .reschedule ? ["\(delay)"] : []) + ids.map(ModelJob.text))
        case .pause: function("sluice1_pause", base, ["why not"])
        case .resume: function("sluice1_resume", base, [])
        }
    }

    private func function(_ name: String, _ base: String, _ words: [String]) -> RedisCommand {
        RedisCommand(["FCALL", name, "1", base] + words)
    }
}

extension Operation.New {
    fileprivate var words: [String] {
        let delay = delay > 0 ? ",\"delay\":\(delay)" : ""
        return [
            ModelJob.text(id), #"{"kind":"k"}"#, "{\"lane\":\"\(World.lanes[lane].text)\",\"priority\":\(priority)\(delay)}",
        ]
    }
}

extension Operation.Settlement {
    fileprivate var words: [String] {
        let texts = ids.map(ModelJob.text)
        guard let detail = ending.detail else { return ["\(fence)", ending.word, "\(ids.count)", "0"] + texts }
        return ["\(fence)", ending.word, "\(ids.count)", "1"] + texts + ids.map { _ in detail }
    }
}

extension Operation.Ending {
    fileprivate var word: String {
        switch self {
        case .completed: "completed"
        case .release: "release"
        case .cancelled: "cancelled"
        case .discarded: "discarded"
        case .retry: "retry"
        case .snooze: "snooze"
        case .wait: "wait"
        case .unavailable: "unavailable"
        }
    }

    fileprivate var detail: String? {
        switch self {
        case .completed, .release: nil
        case .cancelled, .discarded: #""e""#
        case .retry(let delay): "\(delay) \"e\""
        case .snooze(let delay): "\(delay)"
        case .wait(let base, let cap): "\(base) \(cap)"
        case .unavailable(let name, let asked, let most): "\(name) \(asked) \(most) \"e\""
        }
    }
}
