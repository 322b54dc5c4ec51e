import Foundation
import Sluice
import SluiceWorker

// What the blocks of the article on payloads need to be whole.

struct Payment: Job {
    static let kind = "payment"
    static let options = JobOptions(queue: "payments", keepsResult: true, isEncrypted: true, redacted: ["card"])
    typealias Output = String
    var order: Int
    var card: String
}

func client(keysAt path: String) async throws -> SluiceClient {
    var options = SluiceClient.Options()
    options.keys = try PayloadKeys(json: String(contentsOfFile: path, encoding: .utf8))
    return try await SluiceClient(.url("redis://127.0.0.1:6379"), options: options)
}

struct Thumbnail: Job {
    static let kind = "thumbnail"
    static let version = 2
    var url: String
    var width: Int

    static func migrate(_ arguments: Data, from version: Int) throws -> Thumbnail {
        struct First: Decodable { var address: String }
        let old = try JSONDecoder().decode(First.self, from: arguments)
        return Thumbnail(url: old.address, width: 320)
    }
}
