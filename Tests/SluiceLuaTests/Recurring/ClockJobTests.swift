import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// The server's clock is forty days ahead for some seconds and is set right: times of jobs that were written meanwhile lie as far
/// ahead as they were meant to, and what was written before stays.
@Suite(.timeLimit(.minutes(10)))
struct ClockJobTests {
    private static let day = 86_400_000

    @Test func waitsThatBeganMeanwhileAreAsLongAsTheyWereToBe() async throws {
        let jump = try await ClockJump()
        try await jump.queue.add("retry", "snooze", "wait", "long")
        #expect(try await jump.worker.claim(4).count == 4)
        try await jump.whileAhead {
            try await jump.worker.cycle(0, settling: ["retry"], .retry(after: .seconds(4), error: #""no""#))
            try await jump.worker.cycle(0, settling: ["snooze"], .snooze(.seconds(4)))
            try await jump.worker.cycle(0, settling: ["wait"], .wait(base: .seconds(4), cap: .seconds(60)))
            try await jump.worker.cycle(0, settling: ["long"], .snooze(.seconds(10 * 86_400)))
        }
        #expect(try await jump.queue.key("retryable") == "T+9000 retry")
        #expect(try await jump.score("scheduled", "snooze") == 9000)
        #expect(try await jump.score("scheduled", "wait") == 9000)
        #expect(try await jump.score("scheduled", "long") == Double(10 * Self.day + 5000))
        #expect(try await jump.queue.status("total_brought_back") == 4)
        try await jump.queue.setClock(9000)
        #expect(Set(try await jump.worker.claim(9)) == ["retry", "snooze", "wait"])
    }

    @Test func whatWasScheduledBeforeKeepsItsTimeAndSoDoesATimeThatSomebodyNamed() async throws {
        let jump = try await ClockJump()
        try await jump.queue.add("delayed", options: #"{"delay":\#(60 * Self.day)}"#)
        try await jump.queue.add("named", options: #"{"at":\#(jump.time(50 * Self.day))}"#)
        try await jump.queue.add("moved", "snoozed")
        #expect(try await jump.worker.claim(2) == ["moved", "snoozed"])
        try await jump.worker.cycle(0, settling: ["snoozed"], .snooze(.seconds(70 * 86_400)))
        try await jump.worker.cycle(0, settling: ["moved"], .release)
        _ = try await jump.queue.fcall(["sluice_reschedule", "@" + jump.time(80 * Self.day), "moved"])
        try await jump.whileAhead {
            try await jump.queue.add("soon", options: #"{"delay":4000}"#)
            try await jump.queue.add("later", options: #"{"delay":\#(10 * Self.day)}"#)
            try await jump.queue.add("named-meanwhile", options: #"{"at":\#(jump.time(90 * Self.day))}"#)
        }
        let expected = [
            "delayed": 60 * Self.day, "named": 50 * Self.day, "moved": 80 * Self.day, "snoozed": 70 * Self.day, "soon": 9000,
            "later": 10 * Self.day + 5000, "named-meanwhile": 90 * Self.day,
        ]
        for (id, due) in expected { #expect(try await jump.score("scheduled", id) == Double(due), "\(id)") }
    }

    @Test func aJobThatWasScheduledBeforeThisWasNotedKeepsItsTime() async throws {
        let jump = try await ClockJump()
        try await jump.queue.add("old", options: #"{"delay":\#(60 * Self.day)}"#)
        // As a library wrote it that noted nothing.
        try await jump.queue.redis("DEL", "since")
        try await jump.queue.redis("HSET", "config", "noted", jump.time(1))
        try await jump.whileAhead {}
        #expect(try await jump.score("scheduled", "old") == Double(60 * Self.day))
    }

    @Test func deadlinesAndUniquePeriodsOfJobsEnqueuedMeanwhileCountFromTheirEnqueueing() async throws {
        let jump = try await ClockJump()
        try await jump.queue.add("before", options: #"{"deadline":\#(90 * Self.day),"unique":{"key":"x","period":60000}}"#)
        try await jump.whileAhead {
            try await jump.queue.add("a", options: #"{"deadline":60000,"unique":{"key":"k","period":60000}}"#)
            try await jump.queue.add("b", options: #"{"delay":8000,"deadline":60000}"#)
            try await jump.queue.add("c", options: #"{"unique":{"key":"l","period":60000}}"#)
            #expect(try await jump.worker.claim(2) == ["before", "a"])
            try await jump.worker.cycle(0, settling: ["before"])
            #expect(try await jump.worker.claim(1) == ["c"])
            try await jump.worker.cycle(0, settling: ["c"])
        }
        #expect(try await jump.queue.redis("HGET", "deadline", "a") == jump.time(65_000))
        #expect(try await jump.score("deadlines", "a") == 65_000)
        #expect(try await jump.score("deadlines", "b") == 65_000)
        #expect(try await jump.queue.redis("HGET", "fingerprint", "a") == "@" + jump.time(65_000) + " k")
        let end = try #require(try await jump.score("unique_ends", "l"))
        #expect(end <= 65_000)
        try await jump.queue.setClock(66_000)
        try await jump.worker.cycle()
        #expect(try await jump.queue.state("b") == "cancelled")
        try await jump.queue.add("c2", options: #"{"unique":{"key":"l","period":60000}}"#)
        #expect(try await jump.queue.state("c2") == "available")
    }

    /// Options of a job that replaces the one of that key.
    private func replacing(_ key: String, _ more: String = "") -> String {
        #"{"unique":{"key":"\#(key)","conflict":"replace"}\#(more.isEmpty ? "" : ",")\#(more)}"#
    }

    @Test func aDeadlineThatWasSetAnewCountsFromThenAndOneThatSomebodyNamedStays() async throws {
        let jump = try await ClockJump()
        try await jump.queue.add("old", options: replacing("x", #""deadline":\#(90 * Self.day)"#))
        try await jump.queue.add("kept", options: replacing("y"))
        try await jump.queue.add("y2", options: replacing("y", #""deadline":\#(50 * Self.day)"#))
        try await jump.whileAhead {
            try await jump.queue.add("x2", options: replacing("x", #""deadline":60000"#))
            try await jump.queue.add("new", options: replacing("z"))
            try await jump.queue.add("z2", options: replacing("z", #""deadline":70000"#))
            try await jump.queue.add("named", options: #"{"deadline_at":\#(jump.time(80 * Self.day))}"#)
        }
        let expected = ["old": 65_000, "kept": 50 * Self.day, "new": 75_000, "named": 80 * Self.day]
        for (id, at) in expected {
            #expect(try await jump.queue.redis("HGET", "deadline", id) == jump.time(at), "\(id)")
            #expect(try await jump.score("deadlines", id) == Double(at), "\(id)")
        }
        try await jump.queue.setClock(66_000)
        try await jump.worker.cycle()
        #expect(try await jump.queue.state("old") == "cancelled")
        #expect(try await jump.queue.state("new") == "available")
    }

    @Test func whatAJobBecomesAfterItsRunIsDueAsItWasToBe() async throws {
        let jump = try await ClockJump()
        for key in ["a", "b", "c", "d"] { try await jump.queue.add(key, options: replacing(key)) }
        #expect(try await jump.worker.claim(4).count == 4)
        let far = #""delay":\#(60 * Self.day),"deadline":\#(70 * Self.day)"#
        try await jump.queue.add("c2", options: replacing("c", far))
        try await jump.queue.add("d2", options: replacing("d", far))
        try await jump.whileAhead {
            try await jump.queue.add("a2", options: replacing("a", #""delay":8000,"deadline":60000"#))
            let times = #""at":\#(jump.time(90 * Self.day)),"deadline_at":\#(jump.time(95 * Self.day))"#
            try await jump.queue.add("b2", options: replacing("b", times))
            try await jump.worker.cycle(0, settling: ["d"])
        }
        try await jump.worker.cycle(0, settling: ["a", "b", "c"])
        let expected = [
            "a2": (13_000, 65_000), "b2": (90 * Self.day, 95 * Self.day), "c2": (60 * Self.day, 70 * Self.day),
            "d2": (60 * Self.day, 70 * Self.day),
        ]
        for (id, times) in expected {
            #expect(try await jump.score("scheduled", id) == Double(times.0), "\(id)")
            #expect(try await jump.queue.redis("HGET", "deadline", id) == jump.time(times.1), "\(id)")
        }
        #expect(try await jump.queue.audit() == [])
    }

    @Test func whatAnEarlierLibraryWroteOfTheNextRunIsRead() async throws {
        let jump = try await ClockJump()
        try await jump.queue.add("a", options: replacing("a"))
        #expect(try await jump.worker.claim(1) == ["a"])
        let options = #"{"unique":{"until":"end","conflict":"replace"},"at":\#(jump.time(9000))}"#
        try await jump.queue.redis("HSET", "next", "a", #"a2 replace \#(options.utf8.count):\#(options){"kind":"k"}"#)
        try await jump.worker.cycle(0, settling: ["a"])
        #expect(try await jump.score("scheduled", "a2") == 9000)
    }

    @Test func endsAndStartsThatLieAheadLieInThePast() async throws {
        let jump = try await ClockJump()
        try await jump.queue.add(6, "j")
        try await jump.whileAhead {
            #expect(try await jump.worker.claim(6).count == 6)
            try await jump.worker.cycle(0, settling: ["j0"])
            try await jump.worker.cycle(0, settling: ["j1"], .completed(result: Array("1".utf8)))
            try await jump.worker.cycle(0, settling: ["j2"], .discarded(error: #""no""#))
            _ = try await jump.queue.fcall(["sluice_cancel", "j3"])
            try await jump.worker.cycle(0, settling: ["j3"], .release)
            try await jump.worker.cycle(0, settling: ["j4"], .poll(AdaptivePolling(), name: "films"))
            try await jump.queue.add("follower", options: #"{"after":{"id":"j5"}}"#)
        }
        #expect(try await jump.score("completed", "j0") == 5000)
        #expect(try await jump.score("completed", "j1") == 3_605_000.5)
        #expect(try await jump.score("discarded", "j2") == 5000)
        #expect(try await jump.score("cancelled", "j3") == 5000)
        #expect(try await jump.score("suspended", "follower") == 5000)
        #expect(try await jump.queue.redis("HGET", "watched", "j4") == "\(jump.time(5000)) \(jump.time(5000)) films")
        #expect(try await jump.queue.key("executing")?.contains(" 1 T+5000 5/T+0.5 - ") == true)
        // They are kept as long as others, not forty days longer.
        try await jump.queue.setClock(3_610_000)
        try await jump.worker.cycle()
        #expect(try await jump.queue.state("j0") == nil)
    }

    @Test func sequencesGoOnRisingAndTellTheTimeAgain() async throws {
        let jump = try await ClockJump()
        try await jump.queue.add("before")
        try await jump.whileAhead { try await jump.queue.add("meanwhile") }
        try await jump.queue.add("after")
        try await jump.queue.setClock(65_000)
        #expect(try await jump.queue.status("oldest_available_ms") == 65_000)
        let jobs = try await jump.worker.cycle(1).jobs
        #expect(jobs.map(\.id.text) == ["before"])
        // Enqueued at the last time that the clock told while it was ahead, as far as can be known.
        #expect(try await jump.queue.status("oldest_available_ms") == 60_000)
        let later = try await jump.worker.cycle(2).jobs
        #expect(later.map(\.id.text) == ["meanwhile", "after"])
        #expect(later.allSatisfy { $0.availableSince == jump.queue.start + 5000 })
        for id in ["meanwhile", "after"] {
            let record = try #require(try await jump.queue.call(FindJob(JobID(known: id)))?["record"])
            #expect(jump.queue.queues.relative(record).contains("5/T+5000."))
        }
        try await jump.worker.cycle(0, settling: ["after"], .retry(after: .seconds(1), error: #""no""#))
        let created = try #require(try await jump.queue.redis("HGET", "created", "after"))
        #expect(created.hasPrefix(jump.time(5000)))
        let last = try #require(try await jump.queue.key("events")?.split(separator: "\n").last)
        #expect(last.contains("at=T+65000"))
    }

    @Test func jumpAfterJumpIsPutRightAndOrderStays() async throws {
        let jump = try await ClockJump()
        for turn in 1...10 {
            try await jump.queue.add("before-\(turn)")
            try await jump.whileAhead {
                try await jump.queue.add("meanwhile-\(turn)", options: #"{"deadline":\#(900 * Self.day)}"#)
            }
            try await jump.queue.advance(120)
            try await jump.worker.cycle()
        }
        #expect(try await jump.queue.status("total_rewound") == 10)
        let ids = (1...10).flatMap { ["before-\($0)", "meanwhile-\($0)"] }
        let jobs = try await jump.worker.cycle(30).jobs
        #expect(jobs.map(\.id.text) == ids)
        #expect(jobs.map(\.availableSince) == jobs.map(\.availableSince).sorted())
        for id in ids where id.hasPrefix("m") {
            let deadline = try #require(try await jump.queue.redis("HGET", "deadline", id).flatMap { Int($0) })
            #expect(deadline <= jump.queue.start + 10 * 130_000 + 900 * Self.day, "\(id)")
        }
    }

    @Test func aClockBeyondWhatPlacesCanTellKeepsTheirOrderAndTheirClass() async throws {
        let jump = try await ClockJump()
        try await jump.queue.add("before")
        try await jump.queue.advance(100 * 365 * 86_400)
        try await jump.worker.cycle()
        try await jump.queue.add("meanwhile")
        try await jump.queue.advance(-100 * 365 * 86_400 + 5)
        for _ in 1...3 { try await jump.worker.cycle() }
        try await jump.queue.add("after")
        let scores = try #require(try await jump.queue.redis("ZRANGE", "wait:", "0", "-1", "WITHSCORES"))
        #expect(scores.split(separator: ", ").compactMap { Int($0.filter(\.isNumber)) }.map(Score.priority) == [5, 5, 5])
        #expect(try await jump.worker.claim(3) == ["before", "meanwhile", "after"])
    }
}
