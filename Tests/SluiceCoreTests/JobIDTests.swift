import SluiceCore
import Testing

@Suite struct JobIDTests {
    @Test func idsOfOneSourceRiseAndDiffer() {
        var source = JobIDSource()
        let digits = Set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        var ids: [JobID] = []
        // The clock stands, goes on, and goes back.
        for time: UInt64 in [
            5, 5, 5, 1_763_770_000_000, 1_763_770_000_000, 1_763_769_000_000, 0, 1_763_771_000_000, 3_800_000_000_000,
        ] {
            for _ in 0..<1000 { ids.append(source.next(at: time)) }
        }
        #expect(Set(ids).count == ids.count)
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
        for id in ids {
            #expect(id.text.utf8.count == 14)
            #expect(id.text.utf8.allSatisfy { digits.contains($0) })
        }
    }

    @Test func theTimeIsInFront() {
        var source = JobIDSource()
        #expect(source.next(at: 1_763_770_000_000).text.hasPrefix("SEK8"))
        #expect(source.next(at: 1_763_770_000_000 + (1 << 18)).text.hasPrefix("SEK9"))
    }

    @Test func sourcesDiffer() {
        let ids = (0..<1000).map { _ in
            var source = JobIDSource()
            return source.next(at: 1)
        }
        #expect(Set(ids).count == 1000)
    }

    @Test(arguments: ["", " ", "a b", "ä", "a\n", String(repeating: "x", count: 129)])
    func whatIsNoIDIsRefused(text: String) {
        let error = #expect(throws: SluiceError.self) { try JobID(text) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func whatIsOneIsTaken() throws {
        for text in ["x", "!~", String(repeating: "x", count: 128)] { #expect(try JobID(text).text == text) }
    }
}
