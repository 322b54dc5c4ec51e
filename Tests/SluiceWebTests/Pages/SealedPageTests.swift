import HTTPTypes
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import Testing

@testable import SluiceWeb

/// What pages show of encrypted jobs, if the server has the keys.
@Suite(.timeLimit(.minutes(5)))
struct SealedPageTests {
    @Test func onlyAnAdminSeesWhatIsEncrypted() async throws {
        let fixture = try await PageFixture(keys: try PayloadKeys.random(id: "k1"))
        var request = try JobRequest(kind: "email", queue: "mail", arguments: #"{"iban":"DE02"}"#)
        request.id = JobID(known: "a")
        request.isEncrypted = true
        _ = try await fixture.client.enqueue(request)
        for path in ["/jobs?queue=mail&state=available", "/jobs/mail/a"] {
            #expect(try await fixture.get(path, as: .admin).says("DE02"), "\(path)")
            for role in [Role.viewer, .operator] {
                let page = try await fixture.get(path, as: role)
                #expect(page.status == 200 && !page.says("DE02"), "\(path) as \(role)")
            }
            // A page that was just made for an admin is no other role's.
            _ = try await fixture.getShared(path, as: .admin)
            #expect(try await !fixture.getShared(path, as: .operator).says("DE02"), "\(path)")
        }
    }
}
