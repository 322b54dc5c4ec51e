import HTTPTypes
import Hummingbird
import NIOCore
import SluiceInspector

/// Puts a page into its frame: navigation, badge, the equal command, and what keeps it up to date.
enum PageLayout {
    static func response(_ page: Page, to request: WebRequest) -> Response {
        document(
            status: page.status,
            markup: markup(page, links: request.links, frame: request.frame, principal: request.principal))
    }

    static func document(status: HTTPResponse.Status, markup: HTML) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: markup.text)))
    }

    static func markup(_ page: Page, links: Links, frame: PageFrame, principal: Principal?) -> HTML {
        let stream: HTML =
            page.topics.isEmpty
            ? "" : " data-topics=\"\(page.topics.joined(separator: " "))\" data-stream=\"\(links.to("events"))\""
        return """
            <!doctype html>
            <html lang="en">
            \(head(page, frame, links))
            <body\(stream)>
            <a class="skip" href="#main">Skip to content</a>
            <div class="banner wrong" id="banner" role="status" hidden></div>
            \(principal.map { top(page, $0, links, frame) })
            <main id="main" tabindex="-1">
            \(page.content)
            </main>
            \(footer(page, frame))
            </body>
            </html>

            """
    }

    private static func head(_ page: Page, _ frame: PageFrame, _ links: Links) -> HTML {
        """
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        \(page.refresh.map { "<meta http-equiv=\"refresh\" content=\"\($0)\">" as HTML })
        <title>\(page.title)\(frame.badge.map { " · \($0)" } ?? "") · Sluice</title>
        <link rel="icon" href="\(links.shared("assets", Assets.icon.name))" type="image/svg+xml">
        <link rel="stylesheet" href="\(links.shared("assets", Assets.style.name))">
        <script src="\(links.shared("assets", Assets.script.name))" defer></script>
        </head>
        """
    }

    private static func top(_ page: Page, _ principal: Principal, _ links: Links, _ frame: PageFrame) -> HTML {
        let badge: HTML? = frame.badge.map { "<span class=\"badge \(frame.badgeColor.rawValue)\">\($0)</span>" }
        let entries = Page.Section.allCases.filter { $0.role <= principal.role }.map { section -> HTML in
            let address = section == .overview ? links.to() : links.to(section.path)
            let current: HTML = section == page.section ? " aria-current=\"page\"" : ""
            return "<li><a href=\"\(address)\"\(current)>\(section.rawValue)</a></li>\n"
        }
        return """
            <header class="top"><div class="bar">
            <a class="brand" href="\(links.to())">Sluice</a>\(badge)\(sites(frame))
            <span class="who">\(person(principal, links, frame))</span>
            <nav class="main" aria-label="Main"><ul>
            \(entries)</ul></nav>
            </div></header>
            """
    }

    private static func sites(_ frame: PageFrame) -> HTML {
        if frame.sites.isEmpty { return "" }
        let entries = frame.sites.map { site -> HTML in
            site.isCurrent ? "<strong>\(site.name)</strong>" : "<a href=\"\(site.address)\">\(site.name)</a>"
        }
        return "<nav aria-label=\"Sites\">\(entries.joined(" · "))</nav>"
    }

    private static func person(_ principal: Principal, _ links: Links, _ frame: PageFrame) -> HTML {
        let exit: HTML? =
            frame.hasLogin
            ? "<form class=\"inline\" method=\"post\" action=\"\(links.shared("logout"))\"><button class=\"plain\">Log out</button></form>"
            : nil
        return "<span>\(principal.name), \(principal.role.rawValue)</span>\(exit)"
    }

    private static func footer(_ page: Page, _ frame: PageFrame) -> HTML {
        let command: HTML? = page.command.map {
            "<span>The same in a terminal: <code>\($0)</code> <button class=\"plain js\" hidden data-copy=\"\($0)\">copy</button></span>"
        }
        let live: HTML? =
            page.topics.isEmpty
            ? nil
            : """
            <span class="live js" hidden><span id="live"></span> <button class="plain" data-pause aria-pressed="false">Pause updates</button></span>
            """
        return "<footer class=\"end\">\(command)<span>Sluice \(frame.version)</span>\(live)</footer>"
    }
}
