import { render } from "preact";
import { LocationProvider, Route, Router } from "preact-iso/router";

import { loadSession } from "./api.js";
import { startLive } from "./live.js";
import { BoardPage } from "./pages/board/BoardPage.js";
import { FloorPage } from "./pages/floor/FloorPage.js";
import { InsightsPage } from "./pages/insights/InsightsPage.js";
import { JobPage } from "./pages/job/JobPage.js";
import { JobsPage } from "./pages/jobs/JobsPage.js";
import { LabelsPage } from "./pages/labels/LabelsPage.js";
import { NewJobPage } from "./pages/newjob/NewJobPage.js";
import { SettingsPage } from "./pages/settings/SettingsPage.js";
import { UnitPage } from "./pages/unit/UnitPage.js";
import { Announcement } from "./parts/Announcement.js";
import { Shell } from "./shell/Shell.js";
import { startTheme } from "./theme.js";
import { words } from "./words.js";

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
