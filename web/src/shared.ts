/**
 * The modules that more than one of the built files needs. app.tsx and each file that is loaded later import this one, so that the
 * bundler puts all of them into a single shared file. A module that is missing here makes the build fail: it would get a second
 * shared file with the same name.
 */
import "./api.js";
import "./fieldErrors.js";
import "./idempotencyKey.js";
import "./jobAddress.js";
import "./jobSearch.js";
import "./live.js";
import "./loaded.js";
import "./pages/floor/station.js";
import "./pages/job/words.js";
import "./pages/jobs/words.js";
import "./pages/labels/Barcode.js";
import "./parts/Announcement.js";
import "./parts/Failure.js";
import "./parts/Figure.js";
import "./parts/Icon.js";
import "./parts/JobField.js";
import "./parts/ScrapDialog.js";
import "./parts/SendDialog.js";
import "./parts/StepsEditor.js";
import "./parts/TextField.js";
import "./randomKey.js";
import "./theme.js";
import "./words.js";
