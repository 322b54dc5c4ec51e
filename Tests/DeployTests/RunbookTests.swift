import Foundation
import Testing

/// The runbook has an entry for all that can be found.
struct RunbookTests {
    /// A finding of the doctor, by the source that makes it. `\(kind)` is a batch or a workflow.
    private static func codes() throws -> Set<String> {
        let folder = Runbook.root.appending(path: "Sources/SluiceInspector/Diagnosis")
        var codes: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".swift") {
            let source = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            for match in source.matches(of: /"((?:server|cluster|node|library|queue|workflow)\.(?:[a-z_]+|\\\(kind\)_gone))"/) {
                let code = String(match.1)
                for kind in ["batch", "workflow"] { codes.insert(code.replacing("\\(kind)", with: kind)) }
            }
        }
        return codes
    }

    @Test func everyFindingOfTheDoctorHasAnEntry() throws {
        let codes = try Self.codes()
        #expect(codes.count > 40)
        #expect(codes.isSuperset(of: ["queue.no_worker", "queue.batch_gone", "queue.workflow_gone", "library.pinned"]))
        let entries = Set(try Runbook().headings.filter { $0.contains(".") })
        #expect(codes.subtracting(entries) == [], "findings without an entry")
        #expect(entries.subtracting(codes) == [], "entries without a finding")
    }

    @Test func noEntryIsThereTwice() throws {
        let anchors = try Runbook().headings.map { Runbook.anchor($0) }
        #expect(anchors.count == Set(anchors).count)
    }

    @Test func everyLinkWithinItLeadsToAHeading() throws {
        let runbook = try Runbook()
        let anchors = Set(runbook.headings.map { Runbook.anchor($0) })
        let links = runbook.text.matches(of: /\]\(#([^)]+)\)/).map { String($0.1) }
        #expect(links.count > 20)
        #expect(Set(links).subtracting(anchors) == [])
    }
}
