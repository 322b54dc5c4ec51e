import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// Shares of lanes: nobody is starved, and nobody saves anything up.
@Suite(.timeLimit(.minutes(10)))
struct FairnessTests {
    private func count(_ ids: some Sequence<String>, _ prefix: String) -> Int { ids.count { $0.hasPrefix(prefix) } }

    /// One lane has nine tenths of the jobs, and fifty others come meanwhile.
    @Test(arguments: [0, 1]) func coldLanesDoNotWaitForAHotOne(_ seed: UInt64) async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "500")
        try await queue.add(1000, "hot", lane: "account=hot")
        try await queue.add(800, "hotter", lane: "account=hot")
        let worker = try await queue.worker()
        var random = SplitMix(seed: seed)
        var came: [String: Int] = [:]
        var longest = 0
        var claimed = 0
        var lanes = Array(0..<50)
        while claimed < 1900 {
            while !lanes.isEmpty, Int.random(in: 0..<3, using: &random) > 0 {
                let lane = lanes.removeFirst()
                try await queue.add(4, "cold\(lane)-", lane: "account=\(lane)")
                for n in 0..<4 { came["cold\(lane)-\(n)"] = claimed }
            }
            let ids = try await worker.cycle(
                Int.random(in: 5...60, using: &random), settling: worker.running.keys.map(\.text)
            ).jobs.map(\.id.text)
            for (index, id) in ids.enumerated() {
                if let since = came.removeValue(forKey: id) { longest = max(longest, claimed + index - since) }
            }
            claimed += ids.count
            if ids.isEmpty { break }
        }
        #expect(came == [:])
        #expect(longest > 0 && longest <= 51 * 16)
    }

    @Test func aColdLaneHasItsTurnBeforeTheHotOneHasItsNext() async throws {
        let queue = try await LuaQueue()
        try await queue.add(900, "hot", lane: "account=hot")
        let worker = try await queue.worker()
        #expect(try await worker.claim(100).count == 100)
        for lane in 0..<50 { try await queue.add(2, "cold\(lane)-", lane: "account=\(lane)") }
        #expect(count(try await worker.claim(116), "cold") == 100)
    }

    @Test func sharesFollowWeights() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("weight/account=2", "2", "weight/account=4", "9")
        try await queue.override("weight/account=4", "4")
        for account in [1, 2, 4] {
            for batch in 0..<account { try await queue.add(1000, "\(account)-\(batch)-", lane: "account=\(account)") }
        }
        let worker = try await queue.worker()
        var ids: [String] = []
        while ids.count < 5600 {
            ids += try await worker.cycle(200, settling: worker.running.keys.map(\.text)).jobs.map(\.id.text)
        }
        for (account, share) in [(1, 800), (2, 1600), (4, 3200)] {
            let own = count(ids, "\(account)-")
            #expect(abs(own - share) <= share / 20, "\(account): \(own)")
        }
    }

    @Test func everyClassHasItsTurnOfLanes() async throws {
        let queue = try await LuaQueue()
        for batch in 0..<12 { try await queue.add(1000, "0-\(batch)-", priority: 0, lane: "class=0") }
        for priority in 1...9 { try await queue.add(500, "\(priority)-", priority: priority, lane: "class=\(priority)") }
        let worker = try await queue.worker()
        var ids: [String] = []
        for _ in 0..<12 { ids += try await worker.cycle(1000, settling: worker.running.keys.map(\.text)).jobs.map(\.id.text) }
        // A turn is sixteen jobs.
        #expect(ids.count == 12_000)
        for priority in 1...9 { #expect(count(ids, "\(priority)-") >= 12_000 / 16 / 160 * 16, "\(priority)") }
        #expect(count(ids, "0-") >= 12_000 * 14 / 16)
    }

    @Test func everyClassHasItsTurnOfAParkedGate() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/host", "1")
        for priority in [0, 9] {
            let jobs = (0..<200).map { n in
                NewJob(
                    id: JobID(known: "\(priority)-\(n)"), spec: Array("{}".utf8), priority: priority,
                    lane: "host=x&n=\(priority)-\(n)")
            }
            _ = try await queue.call(Enqueue(producer: "p", number: 1 + priority, jobs: jobs))
        }
        let worker = try await queue.worker()
        var ids: [String] = []
        for _ in 0..<160 { ids += try await worker.cycle(1, settling: worker.running.keys.map(\.text)).jobs.map(\.id.text) }
        #expect(ids.count == 160)
        #expect((5...20).contains(count(ids, "9-")), "\(count(ids, "9-"))")
    }

    @Test func everyClassHasItsTurnWithinALane() async throws {
        let queue = try await LuaQueue()
        for lane in ["", "account=1"] {
            for batch in 0..<2 { try await queue.add(1000, "\(lane)0-\(batch)-", priority: 0, lane: lane) }
            for priority in 1...9 { try await queue.add(50, "\(lane)\(priority)-", priority: priority, lane: lane) }
        }
        let worker = try await queue.worker()
        var ids: [String] = []
        for _ in 0..<32 { ids += try await worker.cycle(100, settling: worker.running.keys.map(\.text)).jobs.map(\.id.text) }
        for lane in ["", "account=1"] {
            let own = lane.isEmpty ? ids.filter { !$0.hasPrefix("a") } : ids.filter { $0.hasPrefix(lane) }
            for priority in 1...9 { #expect(count(own, "\(lane)\(priority)-") >= own.count / 160, "\(lane) \(priority)") }
            #expect(count(own, lane + "0-") >= own.count * 14 / 16)
        }
    }

    @Test func aLaneThatWasParkedLongDoesNotOvertakeEverybody() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "1")
        try await queue.add(1000, "parked", lane: "account=1")
        for batch in 0..<3 { try await queue.add(1000, "x\(batch)-", lane: "host=x") }
        for batch in 0..<3 { try await queue.add(1000, "y\(batch)-", lane: "host=y") }
        let worker = try await queue.worker()
        while try await queue.call(Limits()).running < 2000 { try await worker.cycle(500) }
        #expect(count(worker.running.keys.map(\.text), "parked") == 1)
        try await queue.override("concurrency/account", "none")
        // A quantum and what it may lag behind more than its third of 120.
        #expect(count(try await worker.claim(120), "parked") <= 40 + 16 + 16)
    }

    /// A lane that needs two gates, each of which others keep busy, gets both.
    @Test func aLaneThatNeedsTwoBusyGatesReservesThem() async throws {
        let queue = try await LuaQueue()
        try await queue.declare("concurrency/account", "4", "concurrency/host", "4")
        for batch in 0..<2 {
            try await queue.add(1000, "account\(batch)-", lane: "account=1")
            try await queue.add(1000, "host\(batch)-", lane: "host=x")
        }
        let worker = try await queue.worker()
        #expect(try await worker.claim(50).count == 8)
        try await queue.add(1, "both", lane: "account=1&host=x")
        var random = SplitMix(seed: 1)
        var settlements = 0
        while worker.running[JobID(known: "both0")] == nil, settlements < 1000 {
            // One at a time, so that both are never free together.
            let id = try #require(worker.running.keys.map(\.text).sorted().randomElement(using: &random))
            try await worker.cycle(50, settling: [id])
            settlements += 1
        }
        #expect(settlements < 200)
        #expect(try await queue.key("reserve") == nil)
        #expect(try await queue.audit() == [])
        #expect(try await queue.members("account=1") <= 4)
        // Nothing is withheld any more.
        try await worker.cycle(50, settling: ["both0"])
        #expect(worker.running.count == 8)
    }
}
