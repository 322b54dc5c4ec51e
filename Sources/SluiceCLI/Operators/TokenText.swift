import Foundation
import SluiceCore
import SluiceInspector

/// Formats access tokens for people.
enum TokenText {
    static func table(_ tokens: [AccessToken], at now: Date) -> Table {
        var table = Table([
            .text("ID"), .text("NAME"), .text("ROLE"), .text("CREATED"), .text("BY"), .text("EXPIRES"), .text("LAST USED"),
            .elastic("FOR"),
        ])
        for token in tokens {
            let end = token.expires.map { token.isExpired(at: now) ? "expired" : HumanText.age($0, at: now) } ?? "never"
            table.append([
                token.id, token.name, token.role.rawValue, HumanText.age(token.created, at: now), token.author, end,
                token.used.map { HumanText.age($0, at: now) } ?? "never", scope(token),
            ])
        }
        return table
    }

    /// What it is for: `all queues`, `mail, images; kind resize`.
    static func scope(_ token: AccessToken) -> String {
        let queues = token.queues.isEmpty ? "all queues" : token.queues.map(\.text).joined(separator: ", ")
        return queues + (token.kinds.isEmpty ? "" : "; only " + token.kinds.joined(separator: ", "))
    }
}
