import SluiceCore
import SluiceToolSupport
import Testing

@testable import SluiceCLI

/// What one sees while the demo runs.
struct DemoScreenTests {
    private var progress: DemoProgress {
        var progress = DemoProgress(total: 1000)
        progress.ended = 420
        progress.perSecond = 1234.5
        progress.workers = [
            DemoProgress.Worker(number: 1, process: 11, state: .working, recorded: 400),
            DemoProgress.Worker(number: 2, process: 1_234_567, state: .killed, recorded: 20, held: 8),
            DemoProgress.Worker(number: 3, replaces: 2, state: .starting),
        ]
        return progress
    }

    @Test func theDrawingFits() {
        let lines = progress.lines(width: 80, style: .plain)
        #expect(
            lines == [
                "  ━━━━━━━━━━━━──────────────────  42%  420 of 1,000  1,234 jobs/s",
                "  worker 1  process 11         400 done  ",
                "  worker 2  process 1234567     20 done  killed by SIGKILL while it held 8 jobs",
                "  worker 3                       0 done  starting", "",
            ])
        var last = progress
        last.isChecking = true
        for width in [80, 200] {
            for drawing in [progress, last] {
                #expect(drawing.lines(width: width, style: .plain).allSatisfy { $0.count < width })
            }
        }
    }

    @Test func theWaitForTheLeaseIsExplained() {
        var late = progress
        late.ended = 992
        #expect(late.note == "  waiting for the lease of worker 2 to end: then its 8 jobs run again")
        late.reclaimed = 8
        #expect(late.note == "  8 jobs taken back from worker 2 and run again")
        #expect(progress.note == nil)
    }

    @Test func linesTellWhatIsNew() {
        #expect(DemoScreen.news(since: progress, progress) == [])
        #expect(
            DemoScreen.news(since: nil, progress) == [
                "  420 of 1,000 done", "  worker 2 killed by SIGKILL while it held 8 jobs",
                "  worker 3 starts in place of worker 2",
            ])
        var later = progress
        later.ended = 610
        #expect(DemoScreen.news(since: progress, later) == ["  610 of 1,000 done"])
        #expect(DemoScreen.news(since: nil, DemoProgress(total: 0)) == [])
    }

    @Test func messagesSurviveThePipe() {
        for message in [DemoMessage.ready(WorkerID(known: "host.1.x")), .recorded, .asks] {
            #expect(DemoMessage(line: message.line) == message)
        }
        #expect(DemoMessage(line: "") == nil)
        #expect(DemoMessage(line: "hello") == nil)
    }
}
