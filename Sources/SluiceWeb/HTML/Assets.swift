import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The files that pages load. Each has a hash of its content in its name, so that browsers can keep it for ever.
struct Assets: Sendable {
    let name: String
    let type: String
    let bytes: [UInt8]

    static let style = Assets("style", "css", "text/css; charset=utf-8", PackageResources.style_css)
    static let script = Assets("script", "js", "text/javascript; charset=utf-8", PackageResources.script_js)
    static let icon = Assets("icon", "svg", "image/svg+xml", PackageResources.icon_svg)
    static let all = [style, script, icon]

    private init(_ stem: String, _ suffix: String, _ type: String, _ bytes: [UInt8]) {
        let hash = SHA256.hash(data: Data(bytes)).prefix(6).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
            .joined()
        name = "\(stem)-\(hash).\(suffix)"
        self.type = type
        self.bytes = bytes
    }
}
