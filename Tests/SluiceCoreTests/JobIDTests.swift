import SluiceCore
import Testing

@Suite struct JobIDTests {
    @Test func idsOfOneSourceRiseAndDiffer() {
        var source = JobIDSource()
        var ids: [JobID] = []
        // The clock stands, goes on, and goes back.
        for time: UInt64 in [
            5, 5, 5, 1_763_770_000_000, 1_763_770_000_000, 1_763_769_999_999, 0, 1_763_770_000_001, (1 << 48) - 1,
        ] {
            for _ in 0..<1000 { ids.append(source.next(at: time)) }
        }
        #expect(Set(ids).count == ids.count)
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
        for id in ids {
            #expect(id.text.utf8.count == 26)
            #expect(id.text.utf8.allSatisfy { Set("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8).contains($0) })
        }
    }

    @Test func theTimeIsInFront() {
        var source = JobIDSource()
        // The example of the specification.
        #expect(source.next(at: 1_469_918_176_385).text.hasPrefix("01ARYZ6S41"))
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
