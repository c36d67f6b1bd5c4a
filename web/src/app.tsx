import { render } from "preact";
import { LocationProvider, Route, Router } from "preact-iso/router";

import { loadSession } from "./api.js";
import { startLive } from "./live.js";
import { JobPage } from "./pages/job/JobPage.js";
import { JobsPage } from "./pages/jobs/JobsPage.js";
import { NewJobPage } from "./pages/newjob/NewJobPage.js";
import { UnitPage } from "./pages/unit/UnitPage.js";
import { Announcement } from "./parts/Announcement.js";
import { lazy } from "./parts/lazy.js";
import "./shared.js";
import { Shell } from "./shell/Shell.js";
import { startTheme } from "./theme.js";
import { words } from "./words.js";

// The first page of a planner needs none of these.
const FloorPage = lazy(async () => (await import("./pages/floor/FloorPage.js")).FloorPage);
const BoardPage = lazy(async () => (await import("./pages/board/BoardPage.js")).BoardPage);
const LabelsPage = lazy(async () => (await import("./pages/labels/LabelsPage.js")).LabelsPage);
const InsightsPage = lazy(async () => (await import("./pages/insights/InsightsPage.js")).InsightsPage);
const SettingsPage = lazy(async () => (await import("./pages/settings/SettingsPage.js")).SettingsPage);

function App() {
  return (
    <LocationProvider>
      <Shell>
        <Router>
          <Route path="/" component={JobsPage} />
          <Route path="/jobs/new" component={NewJobPage} />
          <Route path="/jobs/:id" component={JobPage} />
          <Route path="/units/:id" component={UnitPage} />
          <Route path="/floor" component={FloorPage} />
          <Route path="/board" component={BoardPage} />
          <Route path="/labels" component={LabelsPage} />
          <Route path="/insights" component={InsightsPage} />
          <Route path="/settings" component={SettingsPage} />
          <Route default component={() => <h1>{words.notFound}</h1>} />
        </Router>
        <Announcement />
      </Shell>
    </LocationProvider>
  );
}

startTheme();
startLive();
void loadSession();
render(<App />, document.body);
// It is absent over plain HTTP. Without it, the pages need the server whenever they are loaded.
if ("serviceWorker" in navigator) addEventListener("load", () => void navigator.serviceWorker.register("/service-worker.js").catch(() => {}));
